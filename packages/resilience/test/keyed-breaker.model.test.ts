import { type BreakerEvicted, KeyedBreaker, type Outcome, type Permit } from '@sessiond/resilience';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NaiveBreaker, type NaiveCall } from './naive-breaker.ts';
import { TestClock } from './test-clock.ts';

const OPTIONS = {
  failures: 3,
  windowMs: 100,
  slowMs: 20,
  minimumCalls: 1,
  openMs: 30,
  openFactor: 2,
  maxOpenMs: 100,
  quietMs: 200,
  probes: 1,
  probeTimeoutMs: 40,
};
const MAX_KEYS = 3;
const IDLE_MS = 150;
const KEYS = ['a', 'b', 'c', 'd', 'e'];

interface NaiveKey {
  readonly breaker: NaiveBreaker;
  /** When it was last used, and whether it had something to remember then. */
  usedAt: number;
  wasEmpty: boolean;
}

/** A map of breakers that only checks which keys may be forgotten, and which must not. */
class NaiveKeys {
  readonly keys = new Map<string, NaiveKey>();
  readonly overflow = new NaiveBreaker(OPTIONS, 'model');
  overflowed = 0;
  evictedIdle = 0;
  evictedFull = 0;

  use(name: string, now: number): void {
    const key = this.keys.get(name);
    if (key === undefined) return;
    key.usedAt = now;
    key.wasEmpty = key.breaker.isEmpty(now);
  }

  /** What was evicted had to be free to go, and to have gone without use for longer than any other that was. */
  evict({ name, key, reason }: BreakerEvicted, now: number): void {
    const evicted = this.keys.get(key)!;
    expect(name).toBe('model');
    expect(evicted.breaker.isEmpty(now)).toBe(true);
    if (reason === 'idle') expect(now - evicted.usedAt).toBeGreaterThan(IDLE_MS);
    else expect(this.keys.size).toBe(MAX_KEYS);
    for (const other of this.keys.values()) {
      if (other.wasEmpty && other.breaker.isEmpty(now)) expect(other.usedAt).toBeGreaterThanOrEqual(evicted.usedAt);
    }
    this.keys.delete(key);
    if (reason === 'idle') this.evictedIdle++;
    else this.evictedFull++;
  }

  /** The breaker of a key; the shared one only if there is no place, and no key is free to go. */
  breakerOf(name: string, now: number, hasPlace: boolean): NaiveBreaker {
    const known = this.keys.get(name);
    if (known !== undefined) return known.breaker;
    if (hasPlace) {
      const breaker = new NaiveBreaker(OPTIONS, 'model', name);
      this.keys.set(name, { breaker, usedAt: now, wasEmpty: true });
      return breaker;
    }
    expect(this.keys.size).toBe(MAX_KEYS);
    for (const { breaker } of this.keys.values()) expect(breaker.isEmpty(now)).toBe(false);
    this.overflowed++;
    return this.overflow;
  }
}

interface World {
  readonly keyed: KeyedBreaker;
  readonly clock: TestClock;
  readonly evicted: BreakerEvicted[];
  readonly permits: { permit: Permit; call: NaiveCall; owner: NaiveBreaker; key: string }[];
}

function command(name: string, run: (naive: NaiveKeys, world: World) => void): fc.Command<NaiveKeys, World> {
  return {
    check: () => true,
    run: (naive, world) => {
      world.clock.reads = 0;
      run(naive, world);
      expect(world.clock.reads).toBeLessThanOrEqual(1);
      drain(naive, world);
      agree(naive, world);
    },
    toString: () => name,
  };
}

function drain(naive: NaiveKeys, { evicted, clock }: World): void {
  for (const event of evicted.splice(0)) naive.evict(event, clock.seen);
}

function agree(naive: NaiveKeys, { keyed, clock }: World): void {
  const inState = (state: string) => [...naive.keys.values()].filter(({ breaker }) => breaker.state === state).length;
  expect(keyed.snapshot()).toEqual({
    name: 'model',
    keys: naive.keys.size,
    maxKeys: MAX_KEYS,
    closed: inState('closed'),
    open: inState('open'),
    halfOpen: inState('halfOpen'),
    evictedIdle: naive.evictedIdle,
    evictedFull: naive.evictedFull,
    overflowed: naive.overflowed,
    overflow: naive.overflow.snapshot(clock.seen),
    hookErrors: 0,
  });
  for (const key of KEYS) {
    expect(keyed.snapshotOf(key)).toEqual(naive.keys.get(key)?.breaker.snapshot(clock.seen));
  }
}

const anyKey = fc.constantFrom(...KEYS);
const outcome = fc.constantFrom<Outcome>('success', 'failure', 'failure', 'ignored');

/** Takes a permit from both; the key has a place if it is known afterwards. */
function acquire(naive: NaiveKeys, world: World, key: string): void {
  const { keyed, clock, permits } = world;
  const answer = keyed.tryAcquire(key);
  drain(naive, world);
  const owner = naive.breakerOf(key, clock.seen, keyed.snapshotOf(key) !== undefined);
  clock.reads = 0;
  const expected = owner.admit(clock.seen);
  if (answer.ok) permits.push({ permit: answer, call: expected as NaiveCall, owner, key });
  else expect(answer).toEqual({ ok: false, by: 'breaker', name: 'model', ...expected });
  expect(answer.ok).toBe('epoch' in expected);
}

function giveBack(naive: NaiveKeys, world: World, which: number, how: Outcome | 'cancelled'): void {
  const { clock, permits } = world;
  const held = permits[which % permits.length];
  if (held === undefined) return;
  const first = held.call.outcome === undefined;
  const result = how === 'cancelled' ? held.permit.cancel() : held.permit.settle(how);
  const expected = how === 'cancelled' ? held.owner.cancel(held.call) : held.owner.settle(held.call, how, clock.seen);
  expect(result).toBe(expected);
  if (first && naive.keys.get(held.key)?.breaker === held.owner) naive.use(held.key, clock.seen);
}

const commands = [
  fc
    .oneof(fc.nat({ max: 40 }), fc.nat({ max: 300 }))
    .map((ms) => command(`wait ${ms}`, (_, { clock }) => clock.move(ms))),
  fc.nat({ max: 100 }).map((ms) => command(`set the clock back ${ms}`, (_, { clock }) => clock.move(-ms))),
  ...Array.from({ length: 4 }, () =>
    anyKey.map((key) => command(`tryAcquire ${key}`, (naive, world) => acquire(naive, world, key))),
  ),
  ...Array.from({ length: 4 }, () =>
    fc
      .tuple(fc.nat(), outcome)
      .map(([which, how]) => command(`settle ${which}: ${how}`, (naive, world) => giveBack(naive, world, which, how))),
  ),
  ...Array.from({ length: 3 }, () =>
    fc.tuple(anyKey, outcome).map(([key, how]) =>
      command(`a call of ${key} that ends as ${how}`, (naive, world) => {
        const before = world.permits.length;
        acquire(naive, world, key);
        world.clock.reads = 0;
        if (world.permits.length > before) giveBack(naive, world, before, how);
      }),
    ),
  ),
  fc.nat().map((which) => command(`cancel ${which}`, (naive, world) => giveBack(naive, world, which, 'cancelled'))),
  anyKey.map((key) =>
    command(`trip ${key}`, (naive, world) => {
      const hadPlace = world.keyed.trip(key);
      // Others go for a key that is new before it comes, and for one that is known after it was used.
      if (!naive.keys.has(key)) drain(naive, world);
      const breaker = naive.breakerOf(key, world.clock.seen, hadPlace);
      if (hadPlace) breaker.trip(world.clock.seen);
      naive.use(key, world.clock.seen);
    }),
  ),
  anyKey.map((key) =>
    command(`reset ${key}`, (naive, world) => {
      expect(world.keyed.reset(key)).toBe(naive.keys.has(key));
      naive.keys.get(key)?.breaker.reset(world.clock.seen);
      naive.use(key, world.clock.seen);
    }),
  ),
  anyKey.map((key) =>
    command(`delete ${key}`, (naive, { keyed, clock }) => {
      const known = naive.keys.get(key);
      expect(keyed.delete(key)).toBe(known !== undefined);
      if (known?.breaker.emptyAt() === Number.POSITIVE_INFINITY) known.breaker.reset(clock.seen);
      naive.keys.delete(key);
    }),
  ),
];

it('behaves, over random operations and a clock that jumps, like a map of lists of calls that forgets only what it may', () => {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 80 }), (run) => {
      fc.modelRun(() => {
        const clock = new TestClock();
        const evicted: BreakerEvicted[] = [];
        const hooks = { onEvicted: (event: BreakerEvicted) => void evicted.push(event) };
        const bounds = { maxKeys: MAX_KEYS, idleMs: IDLE_MS };
        const keyed = new KeyedBreaker({ ...OPTIONS, ...bounds, name: 'model', now: clock.now, hooks });
        return { model: new NaiveKeys(), real: { keyed, clock, evicted, permits: [] } };
      }, run);
    }),
    { numRuns: 1_000 },
  );
});
