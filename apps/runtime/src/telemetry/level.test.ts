import { MemorySink } from '@sessiond/metrics-sinks';
import { expect, it } from 'vitest';
import { levelOf } from './level.ts';

it('follows what it is set to, beside other owners of the same series', () => {
  const memory = new MemorySink();
  const series = memory.upDownCounter({ kind: 'upDownCounter', name: 'a', unit: '1', help: 'a' }).handle({});
  const [one, other] = [levelOf(series), levelOf(series)];
  one.set(5);
  other.set(3);
  one.set(2);
  one.set(2);
  expect(memory.read('a')?.series).toMatchObject([{ value: 5 }]);
  other.set(0);
  expect(memory.read('a')?.series).toMatchObject([{ value: 2 }]);
});
