import { Breaker, type BreakerTransition, type Outcome, type Permit } from '@sessiond/resilience';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NaiveBreaker, type NaiveCall } from './naive-breaker.ts';
import { TestClock } from './test-clock.ts';

interface World {
  readonly breaker: Breaker;
  readonly clock: TestClock;
  readonly transitions: BreakerTransition[];
  /** Permits beside the calls they stand for. */
  readonly permits: { permit: Permit; call: NaiveCall }[];
}

/** Runs on both, looks at the clock once at most, and compares everything that can be seen. */
function command(name: string, run: (naive: NaiveBreaker, world: World) => void): fc.Command<NaiveBreaker, World> {
  return {
    check: () => true,
    run: (naive, world) => {
      world.clock.reads = 0;
      run(naive, world);
      expect(world.clock.reads).toBeLessThanOrEqual(1);
      expect(world.breaker.state).toBe(naive.state);
      expect(world.breaker.epoch).toBe(naive.epoch);
      expect(world.transitions).toEqual(naive.transitions);
    },
    toString: () => name,
  };
}

const outcome = fc.constantFrom<Outcome>('success', 'failure', 'ignored');
const step = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 400 }), fc.double({ min: 0, max: 50, noNaN: true }));

const commands = [
  step.map((ms) => command(`wait ${ms}`, (_naive, { clock }) => clock.move(ms))),
  step.map((ms) => command(`set the clock back ${ms}`, (_naive, { clock }) => clock.move(-ms))),
  ...Array.from({ length: 3 }, () =>
    fc.constant(
      command('tryAcquire', (naive, { breaker, clock, permits }) => {
        const answer = breaker.tryAcquire();
        const expected = naive.admit(clock.seen);
        if (answer.ok) permits.push({ permit: answer, call: expected as NaiveCall });
        else expect(answer).toEqual({ ok: false, by: 'breaker', name: 'model', ...expected });
        expect(answer.ok).toBe('epoch' in expected);
      }),
    ),
  ),
  ...Array.from({ length: 3 }, () =>
    fc.tuple(fc.nat(), outcome).map(([which, how]) =>
      command(`settle ${which} as ${how}`, (naive, { clock, permits }) => {
        const held = permits[which % permits.length];
        if (held === undefined) return;
        const counted = held.permit.settle(how);
        expect(counted).toBe(naive.settle(held.call, how, clock.seen));
      }),
    ),
  ),
  // What random choices seldom do in a row: a probe after the time open, and the call that began last.
  ...Array.from({ length: 8 }, () =>
    fc.tuple(fc.constantFrom<Outcome>('success', 'success', 'failure'), fc.constantFrom(0, 0, 50)).map(([how, ms]) =>
      command(`one call that takes ${ms} and ends as ${how}`, (naive, { breaker, clock }) => {
        if (naive.state === 'open' && how === 'success') clock.time = naive.openedAt + naive.openForMs;
        const answer = breaker.tryAcquire();
        const call = naive.admit(clock.seen);
        expect(answer.ok).toBe('epoch' in call);
        if (!answer.ok || !('epoch' in call)) return;
        clock.move(ms);
        clock.reads = 0;
        const counted = answer.settle(how);
        expect(counted).toBe(naive.settle(call, how, clock.seen));
        expect(answer.settle(how)).toBe(false);
        expect(answer.cancel()).toBe(false);
      }),
    ),
  ),
  fc.nat().map((which) =>
    command(`cancel ${which}`, (naive, { permits }) => {
      const held = permits[which % permits.length];
      if (held !== undefined) expect(held.permit.cancel()).toBe(naive.cancel(held.call));
    }),
  ),
  fc.constant(
    command('trip', (naive, { breaker, clock }) => {
      breaker.trip();
      naive.trip(clock.seen);
    }),
  ),
  fc.constant(
    command('reset', (naive, { breaker, clock }) => {
      breaker.reset();
      naive.reset(clock.seen);
    }),
  ),
  fc.constant(
    command('snapshot', (naive, { breaker, clock }) => {
      const snapshot = breaker.snapshot();
      expect(snapshot).toEqual({ ...naive.snapshot(clock.seen), hookErrors: 0 });
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    }),
  ),
  fc.constant(
    command('overdue', (naive, { breaker, clock }) => {
      expect(breaker.overdue()).toBe(naive.overdue(clock.seen));
    }),
  ),
];

const small = fc.integer({ min: 1, max: 4 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const options = fc
  .record({
    failures: optional(small),
    failureRate: optional(fc.constantFrom(0.3, 0.5, 1)),
    consecutiveFailures: optional(small),
    slowRate: optional(fc.constantFrom(0.5, 1)),
    slowMs: fc.constantFrom(20, 48, Number.POSITIVE_INFINITY),
    minimumCalls: small,
    windowMs: fc.constantFrom(100, 160),
    openMs: fc.constantFrom(0, 30, 75.5),
    openFactor: fc.constantFrom(1, 1.5, 3),
    growth: fc.constantFrom(1, 2, 10),
    quietMs: fc.constantFrom(0, 60, 500),
    probes: fc.integer({ min: 1, max: 3 }),
    probeTimeoutMs: fc.constantFrom(0, 40, 200),
  })
  .map(({ growth, ...given }) => ({ ...given, maxOpenMs: given.openMs * growth }))
  .filter(({ failures, failureRate, consecutiveFailures }) =>
    [failures, failureRate, consecutiveFailures].some((condition) => condition !== undefined),
  );

/** Without the options that were left open, as `exactOptionalPropertyTypes` wants it. */
function given<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}

it('[R01] [R02] [R03] [R04] behaves, over random operations and a clock that jumps, like a list of calls', () => {
  fc.assert(
    fc.property(options, fc.commands(commands, { maxCommands: 80 }), (record, run) => {
      fc.modelRun(() => {
        const clock = new TestClock();
        const transitions: BreakerTransition[] = [];
        const hooks = { onTransition: (transition: BreakerTransition) => void transitions.push(transition) };
        const breaker = new Breaker({ ...given(record), name: 'model', now: clock.now, hooks });
        return {
          model: new NaiveBreaker(given(record), 'model'),
          real: { breaker, clock, transitions, permits: [] },
        };
      }, run);
    }),
    { numRuns: 700 },
  );
});
