import { type BreakerTransition, HybridBreaker, type Outcome, type Permit } from '@sessiond/resilience';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NaiveBreaker, type NaiveCall } from './naive-breaker.ts';
import { TestClock } from './test-clock.ts';

const COMMON = {
  windowMs: 100,
  slowMs: Number.POSITIVE_INFINITY,
  minimumCalls: 1,
  openMs: 30,
  openFactor: 2,
  maxOpenMs: 100,
  quietMs: 200,
  probes: 1,
  probeTimeoutMs: 40,
};
const SESSION = { ...COMMON, failures: 3 };
const GLOBAL = { ...COMMON, failures: 8, probes: 2 };
const PER_KEY = 2;
const MAX_OPEN_KEYS = 3;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];

interface NaiveHybridCall {
  readonly key: string;
  readonly session: NaiveCall;
  readonly global: NaiveCall;
}

/** A breaker per key and one for all, with a list of what each key contributed. */
class NaiveHybrid {
  readonly transitions: BreakerTransition[] = [];
  readonly global = new NaiveBreaker(GLOBAL, 'model.global', null, this.transitions);
  readonly sessions = new Map<string, NaiveBreaker>();
  readonly contributed: { key: string; at: number; epoch: number }[] = [];
  withheld = 0;

  sessionOf(key: string): NaiveBreaker {
    const session = this.sessions.get(key) ?? new NaiveBreaker(SESSION, 'model.session', key, this.transitions);
    this.sessions.set(key, session);
    return session;
  }

  admit(key: string, now: number): NaiveHybridCall | object {
    if (!this.sessions.has(key) && this.global.refuses(now)) return { name: 'model.global', ...this.global.admit(now) };
    const own = this.sessionOf(key);
    const session = own.admit(now);
    if (!('epoch' in session)) return { name: 'model.session', ...session };
    const global = this.global.admit(now);
    if ('epoch' in global) return { key, session, global };
    own.cancel(session);
    own.calls.splice(own.calls.indexOf(session), 1);
    return { name: 'model.global', ...global };
  }

  settle({ key, session, global }: NaiveHybridCall, outcome: Outcome, now: number): boolean {
    if (session.outcome !== undefined) return false;
    const own = this.sessionOf(key);
    const openedBefore = own.opened;
    const inSession = own.settle(session, outcome, now);
    const inGlobal = this.global.settle(global, this.#shared(key, global, outcome, now), now);
    if (own.opened > openedBefore) this.keyOpened(now);
    return inSession || inGlobal;
  }

  /** Opens the global breaker if too many keys are open now. */
  keyOpened(now: number): void {
    const open = (breaker: NaiveBreaker) => breaker.state === 'open' && now < breaker.openedAt + breaker.openForMs;
    const openKeys = [...this.sessions.values()].filter(open).length;
    if (openKeys >= MAX_OPEN_KEYS && !open(this.global)) this.global.trip(now, 'keys-open');
  }

  #shared(key: string, { epoch }: NaiveCall, outcome: Outcome, now: number): Outcome {
    if (outcome !== 'failure' || this.global.state !== 'closed' || epoch !== this.global.epoch) return outcome;
    const share = this.contributed.filter(
      (one) => one.key === key && one.epoch === epoch && now - one.at < GLOBAL.windowMs,
    );
    if (share.length >= PER_KEY) {
      this.withheld++;
      return 'ignored';
    }
    this.contributed.push({ key, at: now, epoch });
    return outcome;
  }
}

interface World {
  readonly hybrid: HybridBreaker;
  readonly clock: TestClock;
  readonly transitions: BreakerTransition[];
  readonly permits: { permit: Permit; call: NaiveHybridCall }[];
}

function command(name: string, run: (naive: NaiveHybrid, world: World) => void): fc.Command<NaiveHybrid, World> {
  return {
    check: () => true,
    run: (naive, world) => {
      world.clock.reads = 0;
      run(naive, world);
      expect(world.clock.reads).toBeLessThanOrEqual(1);
      const { global, session, withheld } = world.hybrid.snapshot();
      expect(global).toEqual({ ...naive.global.snapshot(world.clock.seen), hookErrors: 0 });
      expect(withheld).toBe(naive.withheld);
      expect(session).toMatchObject({ keys: naive.sessions.size, overflowed: 0, evictedFull: 0 });
      for (const [key, naiveSession] of naive.sessions) {
        expect(world.hybrid.snapshotOf(key)).toEqual(naiveSession.snapshot(world.clock.seen));
      }
      expect(world.transitions).toEqual(naive.transitions);
    },
    toString: () => name,
  };
}

function acquire(naive: NaiveHybrid, { hybrid, clock, permits }: World, key: string): void {
  const answer = hybrid.tryAcquire(key);
  const expected = naive.admit(key, clock.seen);
  if (answer.ok) permits.push({ permit: answer, call: expected as NaiveHybridCall });
  else expect(answer).toEqual({ ok: false, by: 'breaker', ...expected });
  expect(answer.ok).toBe('session' in expected);
}

function settle(naive: NaiveHybrid, { clock, permits }: World, which: number, how: Outcome): void {
  const held = permits[which % permits.length];
  if (held === undefined) return;
  const counted = held.permit.settle(how);
  expect(counted).toBe(naive.settle(held.call, how, clock.seen));
}

const anyKey = fc.constantFrom(...KEYS);
const outcome = fc.constantFrom<Outcome>('success', 'failure', 'failure', 'ignored');

const commands = [
  fc
    .oneof(fc.nat({ max: 30 }), fc.nat({ max: 150 }))
    .map((ms) => command(`wait ${ms}`, (_, { clock }) => clock.move(ms))),
  fc.nat({ max: 100 }).map((ms) => command(`set the clock back ${ms}`, (_, { clock }) => clock.move(-ms))),
  ...Array.from({ length: 3 }, () =>
    anyKey.map((key) => command(`tryAcquire ${key}`, (naive, world) => acquire(naive, world, key))),
  ),
  ...Array.from({ length: 3 }, () =>
    fc
      .tuple(fc.nat(), outcome)
      .map(([which, how]) => command(`settle ${which}: ${how}`, (naive, world) => settle(naive, world, which, how))),
  ),
  ...Array.from({ length: 6 }, () =>
    fc.tuple(anyKey, outcome).map(([key, how]) =>
      command(`a call of ${key} that ends as ${how}`, (naive, world) => {
        const before = world.permits.length;
        acquire(naive, world, key);
        world.clock.reads = 0;
        if (world.permits.length > before) settle(naive, world, before, how);
      }),
    ),
  ),
  fc.nat().map((which) =>
    command(`cancel ${which}`, (naive, { permits }) => {
      const held = permits[which % permits.length];
      if (held === undefined) return;
      const expected = naive.sessionOf(held.call.key).cancel(held.call.session);
      naive.global.cancel(held.call.global);
      expect(held.permit.cancel()).toBe(expected);
    }),
  ),
  fc.option(anyKey, { nil: undefined }).map((key) =>
    command(`trip ${key}`, (naive, { hybrid, clock }) => {
      expect(hybrid.trip(key)).toBe(true);
      if (key === undefined) naive.global.trip(clock.seen);
      else {
        naive.sessionOf(key).trip(clock.seen);
        naive.keyOpened(clock.seen);
      }
    }),
  ),
  fc.option(anyKey, { nil: undefined }).map((key) =>
    command(`reset ${key}`, (naive, { hybrid, clock }) => {
      const known = key === undefined ? naive.global : naive.sessions.get(key);
      expect(hybrid.reset(key)).toBe(known !== undefined);
      known?.reset(clock.seen);
    }),
  ),
];

it('behaves, over random operations and a clock that jumps, like a list of calls per key and one of all', () => {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 100 }), (run) => {
      fc.modelRun(() => {
        const clock = new TestClock();
        const transitions: BreakerTransition[] = [];
        const hybrid = new HybridBreaker({
          name: 'model',
          session: { ...SESSION, idleMs: Number.POSITIVE_INFINITY },
          global: without(GLOBAL, 'minimumCalls'),
          perKeyShare: PER_KEY / GLOBAL.failures,
          maxOpenKeys: MAX_OPEN_KEYS,
          now: clock.now,
          hooks: { onTransition: (transition) => void transitions.push(transition) },
        });
        return { model: new NaiveHybrid(), real: { hybrid, clock, transitions, permits: [] } };
      }, run);
    }),
    { numRuns: 1_000 },
  );
});

function without<T extends object, K extends keyof T>(record: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = record;
  return rest;
}
