import { expect, test } from 'vitest';
import { inVirtualTime, type VirtualTime } from './virtual-time.ts';

test('clocks stand still until time is told to pass', async () => {
  await inVirtualTime(async (time) => {
    const [date, monotonic] = [Date.now(), performance.now()];
    await time.advance(1_500);
    expect([Date.now() - date, performance.now() - monotonic, time.now]).toEqual([1_500, 1_500, 1_500]);
  });
});

test('timers fire in the order in which they are due, at their time, and not after they were cleared', async () => {
  await inVirtualTime(async (time) => {
    const fired: [string, number][] = [];
    const note = (name: string) => void fired.push([name, time.now]);
    setTimeout(note, 300, 'late');
    setTimeout(note, 100, 'early').unref();
    const cleared = setTimeout(note, 200, 'cleared');
    const repeated = setInterval(note, 150, 'repeated');
    clearTimeout(cleared);
    await time.advance(299);
    expect(fired).toEqual([
      ['early', 100],
      ['repeated', 150],
    ]);
    await time.advance(1);
    clearInterval(repeated);
    await time.advance(1_000);
    expect(fired.slice(2)).toEqual([
      ['late', 300],
      ['repeated', 300],
    ]);
  });
});

test('a timer that follows from another one fires at its own time', async () => {
  await inVirtualTime(async (time) => {
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const chain = wait(100)
      .then(() => wait(100))
      .then(() => time.now);
    await time.advance(1_000);
    expect(await chain).toBe(200);
  });
});

test('real time is back afterwards, also after an error', async () => {
  const before = [setTimeout, Date.now, performance.now];
  const failing = async (_time: VirtualTime): Promise<void> => {
    throw new Error('within');
  };
  await expect(inVirtualTime(failing)).rejects.toThrow('within');
  expect([setTimeout, Date.now, performance.now]).toEqual(before);
});
