import { Breaker, type BreakerState, isRefusedError } from '@sessiond/resilience';
import {
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
  SamplingBreaker,
} from 'cockatiel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bad, ended, good } from '../questions/calls.ts';
import { inVirtualTime } from '../questions/virtual-time.ts';

/**
 * Where the semantics agree: one call at a time, one probe, a time open that does not grow.
 *
 * Where they do not, cockatiel is not asked: outcomes of calls that an earlier state admitted count there; callers
 * beyond the probes wait; the probe that closes counts in the new window; a rate is looked at only when a call fails; and
 * its window forgets one part per call, however much time has passed.
 */
const OPEN_MS = 1_000;
const FOREVER_MS = 1e12;
const RUNS = { numRuns: 100 } as const;

type Step = { readonly bad: boolean } | { readonly waitMs: number };

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ bad: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ waitMs: fc.constantFrom(1, 500, OPEN_MS - 1, OPEN_MS, 3_000) }) },
  ),
  { maxLength: 60, size: 'max' },
);

const STATES: Readonly<Record<CircuitState, BreakerState | 'isolated'>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'halfOpen',
  [CircuitState.Isolated]: 'isolated',
};

test('consecutive failures open and close as those of cockatiel do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, (threshold, script) =>
      inVirtualTime(async (time) => {
        const ours = new Breaker({ ...plain, consecutiveFailures: threshold });
        const theirs = circuitBreaker(handleAll, {
          halfOpenAfter: OPEN_MS,
          breaker: new ConsecutiveBreaker(threshold),
        });
        for (const step of script) {
          if ('waitMs' in step) await time.advance(step.waitMs);
          else expect(await outcome(ours, call(step))).toBe(await outcome(theirs, call(step)));
          expect(ours.state).toBe(STATES[theirs.state]);
        }
      }),
    ),
    RUNS,
  );
});

test('a failure rate opens as the count breaker of cockatiel does, while its window is not full', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), steps, (minimum, script) =>
      inVirtualTime(async (time) => {
        // A share that no quotient of small numbers meets: at exactly the share, ours opens and cockatiel does not yet.
        const share = 0.4999;
        const ours = new Breaker({ ...plain, failureRate: share, minimumCalls: minimum });
        const theirs = circuitBreaker(handleAll, {
          halfOpenAfter: OPEN_MS,
          breaker: new CountBreaker({ threshold: share, size: 1_000, minimumNumberOfCalls: minimum }),
        });
        for (const step of script) {
          if ('waitMs' in step) {
            await time.advance(step.waitMs);
            continue;
          }
          // A success that completes the minimum would make ours look at the rate, and cockatiel not.
          const completes = ours.snapshot().window?.calls === minimum - 1 && ours.state === 'closed';
          const next = completes ? bad : call(step);
          const before = ours.state;
          expect(await outcome(ours, next)).toBe(await outcome(theirs, next));
          expect(ours.state).toBe(STATES[theirs.state]);
          // cockatiel counts the probe.
          if (before !== 'closed' && ours.state === 'closed') await ours.execute(good);
        }
      }),
    ),
    RUNS,
  );
});

test('the window counts what the sampling breaker of cockatiel counts, as long as no part of it passes without a call', async () => {
  // Ours cuts a window into ten parts, cockatiel into seconds: of ten seconds, both make the same.
  const seconds = 10;
  const tick = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(tick, { maxLength: 3 * seconds, size: 'max' }), (ticks) =>
      inVirtualTime(async (time) => {
        const windowMs = seconds * 1_000;
        const ours = new Breaker({ windowMs, failureRate: 1, minimumCalls: Number.MAX_SAFE_INTEGER });
        const sampling = new SamplingBreaker({ threshold: 0.5, duration: windowMs, minimumRps: 1e9 });
        const theirs = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: sampling });
        for (const calls of ticks) {
          for (const isBad of calls) {
            await ended(ours.execute(isBad ? bad : good));
            await ended(theirs.execute(isBad ? bad : good));
          }
          const { currentFailures, currentSuccesses } = sampling.state as SamplingState;
          expect(ours.snapshot().window).toEqual({
            calls: currentFailures + currentSuccesses,
            failures: currentFailures,
            slow: 0,
          });
          await time.advance(1_000);
        }
      }),
    ),
    RUNS,
  );
});

/** One probe, and a time open that stays the same, for ever. */
const plain = { windowMs: FOREVER_MS, openMs: OPEN_MS, openFactor: 1, probes: 1, probeTimeoutMs: FOREVER_MS } as const;

interface SamplingState {
  readonly currentFailures: number;
  readonly currentSuccesses: number;
}

function call(step: Exclude<Step, { waitMs: number }>): () => Promise<string> {
  return step.bad ? bad : good;
}

async function outcome(
  guard: { execute(work: () => Promise<string>): Promise<string> },
  work: () => Promise<string>,
): Promise<string> {
  try {
    return await guard.execute(work);
  } catch (error) {
    return isRefusedError(error) || isBrokenCircuitError(error) ? 'refused' : 'bad';
  }
}
