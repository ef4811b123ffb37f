import { expect, it } from 'vitest';
import { Collectors } from './collectors.ts';

it('runs every collector, in the order they came', () => {
  const ran: string[] = [];
  const collectors = new Collectors();
  collectors.add(() => ran.push('a'));
  collectors.add(() => ran.push('b'));
  collectors.run();
  expect(ran).toEqual(['a', 'b']);
});

it('counts one that throws and goes on', () => {
  let runs = 0;
  const collectors = new Collectors();
  collectors.add(() => {
    throw new Error('broken');
  });
  collectors.add(() => runs++);
  collectors.run();
  collectors.run();
  expect([runs, collectors.failures]).toEqual([2, 2]);
});

it('counts one that rejects, which would end the process if nobody did', async () => {
  const collectors = new Collectors();
  const rejected = Promise.reject(new Error('broken'));
  collectors.add(() => rejected);
  collectors.run();
  await rejected.catch(() => {});
  expect(collectors.failures).toBe(1);
});

it('runs one that was added twice twice, and takes out only the one that is meant', () => {
  let runs = 0;
  const collect = () => runs++;
  const collectors = new Collectors();
  const stop = collectors.add(collect);
  collectors.add(collect);
  collectors.run();
  expect(runs).toBe(2);
  stop();
  stop();
  collectors.run();
  expect(runs).toBe(3);
});

it('does not start over for a collector that reads the numbers itself', () => {
  let runs = 0;
  const collectors = new Collectors();
  collectors.add(() => {
    runs++;
    collectors.run();
  });
  collectors.run();
  collectors.run();
  expect(runs).toBe(2);
});
