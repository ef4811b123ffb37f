import { MemorySink } from '@sessiond/metrics-sinks';
import { expect, it } from 'vitest';
import { Exposition } from './exposition.ts';

it('writes the numbers of now, once for all who ask at the same time', async () => {
  const memory = new MemorySink();
  const counter = memory.counter({ kind: 'counter', name: 'a.io', unit: 'By', help: 'Bytes.' }).handle({});
  let collections = 0;
  memory.onCollect(() => {
    collections += 1;
    counter.raiseTo(10 * collections);
  });
  const exposition = new Exposition(memory);
  const [first, second] = await Promise.all([exposition.expose(), exposition.expose()]);
  expect(first.text).toContain('\na_io_bytes_total 10\n');
  expect(first.contentType).toContain('text/plain; version=0.0.4');
  expect([second, collections]).toEqual([first, 1]);
  expect((await exposition.expose()).text).toContain('\na_io_bytes_total 20\n');
});
