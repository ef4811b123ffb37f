import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type FloodRead, FloodScheduler, type FloodSource } from './flood-scheduler.ts';

/** A flood that costs a tenth of a millisecond of a clock which nothing else moves, per read. */
class FakeFlood implements FloodSource {
  reads = 0;
  flushes = 0;
  answer: () => FloodRead = () => 'data';
  onFlush: () => void = () => {};
  readonly #clock: { now: number };

  constructor(clock: { now: number }) {
    this.#clock = clock;
  }

  readOnce(): FloodRead {
    this.#clock.now += 0.1;
    this.reads += 1;
    return this.answer();
  }

  flush(): void {
    this.flushes += 1;
    this.onFlush();
  }
}

function setup(options: { holdMs?: number; maxHoldShare?: number } = {}) {
  const clock = { now: 1_000 };
  const scheduler = new FloodScheduler({
    turnMs: 0.5,
    typingTurnMs: 0.2,
    holdMs: 10_000,
    ...options,
    now: () => clock.now,
  });
  const flood = () => new FakeFlood(clock);
  return { clock, scheduler, flood };
}

function removeAll(scheduler: FloodScheduler, ...floods: FloodSource[]): void {
  for (const flood of floods) scheduler.remove(flood);
}

test('a turn reads one flood for half a millisecond and flushes it once', async () => {
  const { scheduler, flood } = setup();
  const only = flood();
  scheduler.add(only);
  await nextTurn();
  expect([only.reads, only.flushes]).toEqual([5, 1]);
  await nextTurn();
  expect([only.reads, only.flushes]).toEqual([10, 2]);
  removeAll(scheduler, only);
});

test('turns are short while somebody types and for a second afterwards', async () => {
  const { clock, scheduler, flood } = setup({ holdMs: 0 });
  const only = flood();
  scheduler.add(only);
  scheduler.inputSent({});
  await nextTurn();
  expect(only.reads).toBe(2);
  clock.now += 1_000;
  await nextTurn();
  expect(only.reads - 2).toBeGreaterThanOrEqual(5);
  removeAll(scheduler, only);
});

test('the reads of a turn go round the floods, and one flood per turn is flushed, the one that waits longest', async () => {
  const { scheduler, flood } = setup();
  const floods = [flood(), flood(), flood()];
  const counts = () => floods.map(({ reads, flushes }) => [reads, flushes]);
  for (const source of floods) scheduler.add(source);
  await nextTurn();
  expect(counts()).toEqual([
    [2, 1],
    [2, 0],
    [1, 0],
  ]);
  await nextTurn();
  expect(counts()).toEqual([
    [4, 1],
    [3, 1],
    [3, 0],
  ]);
  for (let turn = 2; turn < 12; turn++) await nextTurn();
  expect(counts()).toEqual([
    [20, 4],
    [20, 4],
    [20, 4],
  ]);
  removeAll(scheduler, ...floods);
});

test('a flood that has nothing left is flushed in the turn that finds out, the others in theirs', async () => {
  const { scheduler, flood } = setup();
  const [endless, dry] = [flood(), flood()];
  dry.answer = () => (dry.reads === 2 ? 'empty' : 'data');
  scheduler.add(endless);
  scheduler.add(dry);
  await nextTurn();
  expect([dry.reads, dry.flushes, endless.flushes]).toEqual([2, 1, 1]);
  await nextTurn();
  expect([dry.reads, dry.flushes, endless.flushes]).toEqual([2, 1, 2]);
  removeAll(scheduler, endless);
});

test('a flood that had nothing from the start is not flushed', async () => {
  const { scheduler, flood } = setup();
  const dry = flood();
  dry.answer = () => 'empty';
  scheduler.add(dry);
  await nextTurn();
  expect([dry.reads, dry.flushes]).toEqual([1, 0]);
});

test('input from within a flush ends the reading of the turn', async () => {
  const { scheduler, flood } = setup();
  const [dry, endless] = [flood(), flood()];
  dry.answer = () => (dry.reads === 2 ? 'empty' : 'data');
  dry.onFlush = () => scheduler.inputSent({});
  scheduler.add(dry);
  scheduler.add(endless);
  await nextTurn();
  expect([dry.reads, endless.reads, scheduler.snapshot().held]).toEqual([2, 1, true]);
  removeAll(scheduler, endless);
});

test('a turn reads at least once, however slow a read is', async () => {
  const { clock, scheduler, flood } = setup();
  const slow = flood();
  slow.answer = () => {
    clock.now += 100;
    return 'data';
  };
  scheduler.add(slow);
  await nextTurn();
  expect([slow.reads, slow.flushes]).toEqual([1, 1]);
  removeAll(scheduler, slow);
});

test.each<FloodRead>(['empty', 'closed'])('a flood that answers %s is flushed and not asked again', async (answer) => {
  const { scheduler, flood } = setup();
  const dry = flood();
  dry.answer = () => (dry.reads === 2 ? answer : 'data');
  scheduler.add(dry);
  await nextTurn();
  await nextTurn();
  expect([dry.reads, dry.flushes]).toEqual([2, 1]);
  expect(scheduler.snapshot()).toEqual({ flooding: 0, held: false });
});

test('adding a flood twice gives it one turn, removing one that is not there does nothing', async () => {
  const { scheduler, flood } = setup();
  const [twice, other] = [flood(), flood()];
  scheduler.add(twice);
  scheduler.add(twice);
  scheduler.add(other);
  scheduler.remove(flood());
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  expect(twice.reads).toBeGreaterThan(0);
  expect(twice.reads).toBe(other.reads);
  removeAll(scheduler, twice, other);
});

test('a flood removed during a turn by another one is not read any more in it', async () => {
  const { scheduler, flood } = setup();
  const [first, second] = [flood(), flood()];
  first.answer = () => {
    scheduler.remove(second);
    return 'data';
  };
  scheduler.add(first);
  scheduler.add(second);
  await nextTurn();
  expect([first.reads, second.reads]).toEqual([5, 0]);
  removeAll(scheduler, first);
});

test('a flood may be removed, and added again, from within the flush of another one', async () => {
  const { scheduler, flood } = setup();
  const [first, second] = [flood(), flood()];
  scheduler.add(first);
  scheduler.add(second);
  first.onFlush = () => scheduler.remove(second);
  await nextTurn();
  const before = second.reads;
  await nextTurn();
  expect([second.reads, second.flushes]).toEqual([before, 0]);
  first.onFlush = () => scheduler.add(second);
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  expect(second.reads).toBeGreaterThan(before);
  expect(second.flushes).toBeGreaterThan(0);
  removeAll(scheduler, first, second);
});

test('nothing is scheduled while nothing floods', async () => {
  const { scheduler, flood } = setup();
  const immediates = () => process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length;
  await nextTurn();
  const before = immediates();
  const only = flood();
  only.answer = () => 'empty';
  scheduler.add(only);
  expect(immediates()).toBe(before + 1);
  await nextTurn();
  expect(immediates()).toBe(before);
});

test('input to a quiet terminal holds the floods until that terminal answers', async () => {
  const { scheduler, flood } = setup();
  const [noisy, quiet, other] = [flood(), {}, {}];
  scheduler.add(noisy);
  scheduler.inputSent(quiet);
  await nextTurn();
  await nextTurn();
  expect(noisy.reads).toBe(0);
  scheduler.outputSeen(other);
  await nextTurn();
  expect(noisy.reads).toBe(0);
  scheduler.outputSeen(quiet);
  await nextTurn();
  expect(noisy.reads).toBeGreaterThan(0);
  removeAll(scheduler, noisy);
});

test('a hold ends when the awaited terminal has to be read from here itself', async () => {
  const { scheduler, flood } = setup();
  const [other, awaited] = [flood(), flood()];
  scheduler.add(other);
  scheduler.inputSent(awaited);
  expect(scheduler.snapshot().held).toBe(true);
  scheduler.add(awaited);
  expect(scheduler.snapshot().held).toBe(false);
  await nextTurn();
  expect(awaited.reads).toBeGreaterThan(0);
  removeAll(scheduler, other, awaited);
});

test('a hold ends by itself', async () => {
  const { scheduler, flood } = setup({ holdMs: 5 });
  const noisy = flood();
  const heldAtFlush = new Promise<boolean>((resolve) => {
    noisy.onFlush = () => resolve(scheduler.snapshot().held);
  });
  scheduler.add(noisy);
  scheduler.inputSent({});
  // Read before the event loop turns: a process that is stopped here for longer than the hold finds it over.
  expect(scheduler.snapshot().held).toBe(true);
  expect(await heldAtFlush).toBe(false);
  removeAll(scheduler, noisy);
});

test('holds take at most their share of the time, so that pasting does not starve the floods', () => {
  const { clock, scheduler, flood } = setup({ maxHoldShare: 0.6 });
  const noisy = flood();
  const quiet = {};
  scheduler.add(noisy);
  let heldMs = 0;
  for (let step = 0; step < 1_000; step++) {
    scheduler.inputSent(quiet);
    if (scheduler.snapshot().held) heldMs += 3;
    clock.now += 3;
    scheduler.outputSeen(quiet);
  }
  expect(heldMs / 3_000).toBeGreaterThan(0.4);
  expect(heldMs / 3_000).toBeLessThanOrEqual(0.6);
  removeAll(scheduler, noisy);
});

test.each([
  ['input to a terminal that floods itself', {}, true],
  ['no time to hold', { holdMs: 0 }, false],
  ['no share to hold', { maxHoldShare: 0 }, false],
])('%s holds nobody', (_, options, toItself) => {
  const { scheduler, flood } = setup(options);
  const noisy = flood();
  scheduler.add(noisy);
  scheduler.inputSent(toItself ? noisy : {});
  expect(scheduler.snapshot().held).toBe(false);
  removeAll(scheduler, noisy);
});

test('input while nothing floods holds nothing and sets no timer', () => {
  const { scheduler } = setup();
  scheduler.inputSent({});
  scheduler.outputSeen({});
  expect(scheduler.snapshot()).toEqual({ flooding: 0, held: false });
});
