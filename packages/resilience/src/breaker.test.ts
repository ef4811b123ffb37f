import { describe, expect, it } from 'vitest';
import { TestClock } from '../test/test-clock.ts';
import { Breaker } from './breaker.ts';
import type { BreakerOutcome, BreakerRefused, BreakerTransition } from './breaker-events.ts';
import type { BreakerOptions } from './breaker-settings.ts';
import { timeoutOnly } from './classify.ts';
import { InvalidOptionError, RefusedError } from './errors.ts';
import { HybridBreaker } from './hybrid-breaker.ts';
import { KeyedBreaker } from './keyed-breaker.ts';
import type { Outcome } from './outcome.ts';
import type { Permit } from './permit.ts';

function make(options: BreakerOptions = {}) {
  const clock = new TestClock();
  return { clock, breaker: new Breaker({ now: clock.now, ...options }) };
}

function admitted(breaker: Breaker): Permit {
  const answer = breaker.tryAcquire();
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
  return answer;
}

function end(breaker: Breaker, ...outcomes: Outcome[]): void {
  for (const outcome of outcomes) admitted(breaker).settle(outcome);
}

const bad = (count: number): Outcome[] => new Array<Outcome>(count).fill('failure');

describe('Breaker, closed', () => {
  it('opens at the fifth failure within 60 seconds unless told otherwise', () => {
    const { breaker, clock } = make();
    end(breaker, ...bad(4));
    clock.move(59_999);
    expect(breaker.state).toBe('closed');
    end(breaker, 'failure');
    expect(breaker.state).toBe('open');
    expect(breaker.tryAcquire()).toEqual({
      ok: false,
      by: 'breaker',
      name: 'breaker',
      reason: 'open',
      retryAfterMs: 30_000,
    });
  });

  it('[R01] forgets failures older than the window, to the millisecond, also after a time without any call', () => {
    const { breaker, clock } = make({ failures: 5, windowMs: 60_000 });
    end(breaker, ...bad(4));
    clock.move(60_000);
    end(breaker, 'failure');
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().recentFailures).toBe(1);
    clock.move(3_600_000);
    expect(breaker.snapshot().recentFailures).toBe(0);
    end(breaker, ...bad(4));
    expect(breaker.state).toBe('closed');
  });

  it('[R01] forgets whole windows of a failure rate after a time without any call', () => {
    const { breaker, clock } = make({ failureRate: 0.5, minimumCalls: 4, windowMs: 1_000 });
    end(breaker, ...bad(3));
    clock.move(1_000);
    end(breaker, 'failure');
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
    clock.move(1e9);
    expect(breaker.snapshot().window).toEqual({ calls: 0, failures: 0, slow: 0 });
  });

  it('opens when the share of failures is reached, but not below the minimum of calls', () => {
    const { breaker } = make({ failureRate: 0.5, minimumCalls: 4 });
    end(breaker, 'failure', 'failure', 'success');
    expect(breaker.state).toBe('closed');
    end(breaker, 'success');
    expect(breaker.state).toBe('open');
  });

  it('opens at failures in a row, which a success and a whole window without failure both end', () => {
    const { breaker, clock } = make({ consecutiveFailures: 3, windowMs: 1_000 });
    end(breaker, 'failure', 'failure', 'success', 'failure', 'failure');
    expect(breaker.snapshot().consecutiveFailures).toBe(2);
    clock.move(1_000);
    expect(breaker.snapshot().consecutiveFailures).toBe(0);
    end(breaker, 'failure', 'ignored', 'failure');
    expect(breaker.state).toBe('closed');
    end(breaker, 'failure');
    expect(breaker.state).toBe('open');
  });

  it('opens at failures in a row that each take longer than the window, when the row may', () => {
    const { breaker, clock } = make({ failures: 3, consecutiveFailures: 3, windowMs: 100, consecutiveWindowMs: 1_100 });
    const late = (outcome: Outcome) => {
      const permit = admitted(breaker);
      clock.move(1_000);
      permit.settle(outcome);
    };
    late('failure');
    late('failure');
    expect(breaker.snapshot()).toMatchObject({ recentFailures: 1, consecutiveFailures: 2 });
    late('success');
    late('failure');
    late('ignored');
    late('failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', consecutiveFailures: 1 });
    late('failure');
    late('failure');
    expect(breaker.state).toBe('open');
  });

  it('opens when the share of slow calls is reached; a call may be slow and failed', () => {
    const { breaker, clock } = make({ slowMs: 100, slowRate: 0.5, minimumCalls: 4, failures: 100 });
    const slow = (outcome: Outcome) => {
      const permit = admitted(breaker);
      clock.move(100);
      permit.settle(outcome);
    };
    end(breaker, 'success', 'success');
    slow('failure');
    expect(breaker.snapshot()).toMatchObject({ window: { calls: 3, failures: 1, slow: 1 }, slow: 1 });
    slow('ignored');
    expect(breaker.snapshot().window).toEqual({ calls: 3, failures: 1, slow: 1 });
    slow('success');
    expect(breaker.state).toBe('open');
  });

  it('has several conditions, of which any opens it', () => {
    const { breaker } = make({ failures: 10, consecutiveFailures: 2 });
    end(breaker, 'failure', 'failure');
    expect(breaker.state).toBe('open');
  });

  it('ignores ignored outcomes', () => {
    const { breaker } = make({ failures: 1 });
    const before = breaker.snapshot();
    end(breaker, 'ignored');
    expect(breaker.snapshot()).toEqual({ ...before, ignored: 1 });
  });

  it('tells that a permit was given back before', () => {
    const { breaker } = make();
    const permit = admitted(breaker);
    expect([permit.settle('failure'), permit.settle('failure'), permit.cancel()]).toEqual([true, false, false]);
    const other = admitted(breaker);
    expect([other.cancel(), other.cancel(), other.settle('failure')]).toEqual([true, false, false]);
    expect(breaker.snapshot()).toMatchObject({ inFlight: 0, failures: 1, successes: 0, ignored: 0 });
  });
});

describe('Breaker, open and half open', () => {
  const openFor = { failures: 1, openMs: 1_000, probes: 2 };

  it('turns half open when somebody asks after openMs, and closes after good probes with an empty window', () => {
    const { breaker, clock } = make(openFor);
    end(breaker, 'failure');
    clock.move(999);
    expect(breaker.tryAcquire()).toMatchObject({ reason: 'open', retryAfterMs: 1 });
    clock.move(1);
    expect(breaker.state).toBe('open');
    expect(breaker.snapshot().state).toBe('halfOpen');
    end(breaker, 'success');
    expect(breaker.state).toBe('halfOpen');
    end(breaker, 'success');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', recentFailures: 0, consecutiveFailures: 0 });
  });

  it('lets at most so many probes through, in flight plus done', () => {
    const { breaker, clock } = make({ ...openFor, probeTimeoutMs: 5_000 });
    end(breaker, 'failure');
    clock.move(1_000);
    const first = admitted(breaker);
    const second = admitted(breaker);
    expect(breaker.tryAcquire()).toMatchObject({ reason: 'probing', retryAfterMs: 5_000 });
    first.settle('success');
    expect(breaker.tryAcquire()).toMatchObject({ ok: false, reason: 'probing' });
    second.settle('success');
    expect(breaker.state).toBe('closed');
  });

  it('gives the slot of an ignored or cancelled probe to another call', () => {
    const { breaker, clock } = make({ ...openFor, probes: 1 });
    end(breaker, 'failure');
    clock.move(1_000);
    admitted(breaker).settle('ignored');
    admitted(breaker).cancel();
    admitted(breaker).settle('success');
    expect(breaker.state).toBe('closed');
  });

  it('opens again at the first bad probe, each time for longer up to a bound, and for openMs after a quiet time', () => {
    const { breaker, clock } = make({ ...openFor, probes: 1, openFactor: 3, maxOpenMs: 5_000, quietMs: 60_000 });
    end(breaker, 'failure');
    const openMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      clock.move(breaker.snapshot().openMs);
      end(breaker, 'failure');
      openMs.push(breaker.snapshot().openMs);
    }
    expect(openMs).toEqual([3_000, 5_000, 5_000]);
    clock.move(5_000);
    end(breaker, 'success');
    clock.move(59_999);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', openMs: 5_000 });
    clock.move(1);
    expect(breaker.snapshot().openMs).toBe(1_000);
    end(breaker, 'failure');
    expect(breaker.snapshot().retryAfterMs).toBe(1_000);
  });

  it('takes a slow success of a probe for a bad one', () => {
    const { breaker, clock } = make({ ...openFor, slowMs: 100 });
    end(breaker, 'failure');
    clock.move(1_000);
    const probe = admitted(breaker);
    clock.move(100);
    probe.settle('success');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 2_000 });
  });

  it('[R02] does not count a failure that began before the outage after the recovery', () => {
    const { breaker, clock } = make({ ...openFor, failures: 2, probes: 1 });
    const early = admitted(breaker);
    end(breaker, 'failure', 'failure');
    clock.move(1_000);
    end(breaker, 'success');
    expect(breaker.state).toBe('closed');
    expect(early.settle('failure')).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ recentFailures: 0, consecutiveFailures: 0, late: 1 });
    end(breaker, 'failure');
    expect(breaker.state).toBe('closed');
  });

  it('[R03] is not closed by a success that began before the outage', () => {
    const { breaker, clock } = make({ ...openFor, probes: 1 });
    const early = admitted(breaker);
    end(breaker, 'failure');
    clock.move(1_000);
    const probe = admitted(breaker);
    expect(early.settle('success')).toBe(false);
    expect(breaker.state).toBe('halfOpen');
    expect(probe.settle('success')).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  it('[R04] is not held up by a probe that never settles', () => {
    const { breaker, clock } = make({ ...openFor, probes: 1, probeTimeoutMs: 5_000 });
    end(breaker, 'failure');
    clock.move(1_000);
    const hung = admitted(breaker);
    clock.move(4_999);
    expect(breaker.tryAcquire()).toMatchObject({ reason: 'probing', retryAfterMs: 1 });
    clock.move(1);
    const { epoch } = breaker;
    const probe = admitted(breaker);
    expect(breaker.epoch).toBe(epoch + 1);
    expect(hung.settle('failure')).toBe(false);
    expect(probe.settle('success')).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  it('opens and closes by hand, after which calls in flight do not count', () => {
    const { breaker, clock } = make({ ...openFor, probes: 1 });
    const early = admitted(breaker);
    breaker.trip();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 1_000 });
    breaker.reset();
    expect(breaker.state).toBe('closed');
    expect(early.settle('failure')).toBe(false);
    end(breaker, 'failure');
    clock.move(1_000);
    end(breaker, 'failure');
    expect(breaker.snapshot().openMs).toBe(2_000);
    breaker.reset();
    expect(breaker.snapshot().openMs).toBe(1_000);
  });

  it('is not moved back by an earlier time', () => {
    const { breaker, clock } = make(openFor);
    clock.time = 10_000;
    end(breaker, 'failure');
    clock.time = 0;
    expect(breaker.tryAcquire()).toMatchObject({ retryAfterMs: 1_000 });
    clock.time = 11_000;
    expect(breaker.tryAcquire().ok).toBe(true);
  });
});

describe('Breaker, calls still running', () => {
  it('counts those that have been running for slowMs, whatever became of the state', () => {
    const { breaker, clock } = make({ slowMs: 1_600 });
    const first = admitted(breaker);
    clock.move(1_000);
    admitted(breaker);
    clock.move(600);
    expect(breaker.overdue()).toBe(0);
    clock.move(200);
    expect(breaker.overdue()).toBe(1);
    breaker.trip();
    expect(breaker.overdue(clock.time + 1_000)).toBe(2);
    first.settle('success');
    clock.move(1_000);
    expect(breaker.snapshot()).toMatchObject({ overdue: 1, inFlight: 1 });
  });
});

describe('Breaker, questions', () => {
  it('is not moved by being asked what will be overdue', () => {
    const { breaker, clock } = make({ failures: 1, openMs: 1_000, slowMs: 100 });
    const permit = admitted(breaker);
    expect([breaker.overdue(1e12), breaker.overdue(), breaker.overdue(-1)]).toEqual([1, 0, 0]);
    permit.settle('failure');
    clock.move(1_000);
    expect(breaker.tryAcquire().ok).toBe(true);
  });

  it('finds no call slow without slowMs, also the first one', () => {
    const { breaker } = make();
    end(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ failures: 1, slow: 0 });
  });
});

describe('Breaker, execute', () => {
  const boom = new Error('boom');

  it('gives what the call gives, and counts how it ended', async () => {
    const { breaker } = make();
    await expect(breaker.execute(() => 7)).resolves.toBe(7);
    await expect(breaker.execute(async () => 'later')).resolves.toBe('later');
    await expect(breaker.execute(() => Promise.reject(boom))).rejects.toBe(boom);
    const thrown = breaker.execute(() => {
      throw boom;
    });
    await expect(thrown).rejects.toBe(boom);
    expect(breaker.snapshot()).toMatchObject({ successes: 2, failures: 2, inFlight: 0 });
  });

  it('throws a refusal, without calling anything', async () => {
    const { breaker } = make({ name: 'model' });
    breaker.trip();
    const refused = breaker.execute(() => expect.unreachable());
    await expect(refused).rejects.toThrow('Cannot execute: breaker model refused (open, retry after 30,000 ms)');
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    expect(breaker.snapshot().refused).toBe(1);
  });

  it('ignores an error after its caller gave up, but not before', async () => {
    const { breaker } = make();
    const controller = new AbortController();
    const fail = () => Promise.reject(boom);
    await breaker.execute(fail, { signal: controller.signal }).catch(() => {});
    const giveUp = () => {
      controller.abort();
      return fail();
    };
    await breaker.execute(giveUp, { signal: controller.signal }).catch(() => {});
    expect(breaker.snapshot()).toMatchObject({ failures: 1, ignored: 1 });
  });

  it('calls nothing, and asks nobody, for a caller who has given up already', async () => {
    const signal = AbortSignal.abort('gone');
    let called = 0;
    const call = () => ++called;
    const { breaker } = make();
    const keyed = new KeyedBreaker();
    const hybrid = new HybridBreaker();
    const attempts = [
      breaker.execute(call, { signal }),
      keyed.execute('a', call, { signal }),
      hybrid.execute('a', call, { signal }),
    ];
    expect(await Promise.allSettled(attempts)).toEqual(attempts.map(() => ({ status: 'rejected', reason: 'gone' })));
    expect([called, breaker.snapshot().ignored, keyed.snapshot().keys, hybrid.snapshot().session.keys]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('ignores a refusal of a guard inside, thrown or given', async () => {
    const { breaker } = make();
    const inner = new Breaker();
    inner.trip();
    await breaker.execute(() => inner.execute(() => 1)).catch(() => {});
    await breaker.execute(() => inner.tryAcquire());
    expect(breaker.snapshot()).toMatchObject({ successes: 0, failures: 0, ignored: 2 });
  });

  it('classifies as told', async () => {
    const { breaker } = make({ failures: 1, classify: timeoutOnly });
    await breaker.execute(() => Promise.reject(boom)).catch(() => {});
    expect(breaker.state).toBe('closed');
    const timeout = new DOMException('too late', 'TimeoutError');
    await expect(breaker.execute(() => Promise.reject(timeout))).rejects.toBe(timeout);
    expect(breaker.state).toBe('open');
  });
});

describe('Breaker, hooks', () => {
  it('tells of transitions, outcomes and refusals in plain values', () => {
    const clock = new TestClock();
    const events: unknown[] = [];
    const breaker = new Breaker({
      name: 'model',
      failures: 1,
      slowMs: 100,
      now: clock.now,
      hooks: {
        onTransition: (event: BreakerTransition) => events.push(event),
        onOutcome: (event: BreakerOutcome) => events.push(event),
        onRefused: (event: BreakerRefused) => events.push(event),
      },
    });
    const early = admitted(breaker);
    const permit = admitted(breaker);
    clock.move(100);
    permit.settle('failure');
    breaker.tryAcquire();
    early.settle('success');
    const base = { name: 'model', key: null };
    expect(events).toEqual([
      { ...base, outcome: 'failure', durationMs: 100, slow: true, counted: true },
      { ...base, from: 'closed', to: 'open', epoch: 1, reason: 'failures', openMs: 30_000 },
      { key: null, refusal: { ok: false, by: 'breaker', name: 'model', reason: 'open', retryAfterMs: 30_000 } },
      { ...base, outcome: 'success', durationMs: 100, slow: true, counted: false },
    ]);
  });

  it('lets a hook call back, and gives a permit of the epoch that admitted it', () => {
    const clock = new TestClock();
    const seen: unknown[] = [];
    const breaker: Breaker = new Breaker({
      failures: 1,
      openMs: 1_000,
      now: clock.now,
      hooks: {
        onTransition({ to }) {
          const { state, inFlight, probesTaken } = breaker.snapshot();
          seen.push({ to, state, inFlight, probesTaken });
          if (to === 'halfOpen') breaker.trip();
        },
      },
    });
    end(breaker, 'failure');
    clock.move(1_000);
    const probe = admitted(breaker);
    expect(seen).toEqual([
      { to: 'open', state: 'open', inFlight: 0, probesTaken: 0 },
      { to: 'halfOpen', state: 'halfOpen', inFlight: 1, probesTaken: 1 },
      { to: 'open', state: 'open', inFlight: 1, probesTaken: 0 },
    ]);
    expect(probe.settle('success')).toBe(false);
    expect(breaker.state).toBe('open');
  });

  it('tells transitions in their order when a hook answers an outcome with another transition', () => {
    const told: string[] = [];
    const breaker: Breaker = new Breaker({
      failures: 1,
      hooks: {
        onOutcome: () => breaker.reset(),
        onTransition: ({ epoch, to }) => void told.push(`${epoch} ${to}`),
      },
    });
    end(breaker, 'failure');
    expect(told).toEqual(['1 open', '2 closed']);
    expect(breaker.state).toBe('closed');
  });

  it('counts hooks that throw or reject, and goes on', async () => {
    const breaker = new Breaker({
      failures: 1,
      hooks: {
        onOutcome: () => {
          throw new Error('hook');
        },
        onTransition: async () => {
          throw new Error('hook');
        },
      },
    });
    end(breaker, 'failure');
    await Promise.resolve();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', hookErrors: 2 });
  });
});

describe('Breaker, options', () => {
  it.each<[BreakerOptions, string]>([
    [{ windowMs: 0 }, 'Cannot create breaker: windowMs is 0, allowed are numbers of at least 1 and finite'],
    [{ failures: 0 }, 'Cannot create breaker: failures is 0, allowed are integers from 1 to 1,000,000'],
    [{ failures: 1_000_001 }, 'Cannot create breaker: failures is 1,000,001, allowed are integers from 1 to 1,000,000'],
    [{ failureRate: 1.5 }, 'Cannot create breaker: failureRate is 1.5, allowed are numbers above 0 up to 1'],
    [{ consecutiveFailures: 1.5 }, 'Cannot create breaker: consecutiveFailures is 1.5, allowed are integers'],
    [{ consecutiveWindowMs: 0 }, 'Cannot create breaker: consecutiveWindowMs is 0, allowed are numbers of at least 1'],
    [{ slowMs: 0 }, 'Cannot create breaker: slowMs is 0, allowed are numbers of at least 1'],
    [{ slowRate: 0 }, 'Cannot create breaker: slowRate is 0, allowed are numbers'],
    [{ slowRate: 0.5 }, 'Cannot create breaker: slowMs is of type undefined, slowRate needs it'],
    [{ minimumCalls: 0 }, 'Cannot create breaker: minimumCalls is 0, allowed are integers of at least 1'],
    [{ openMs: Number.NaN }, 'Cannot create breaker: openMs is NaN, allowed are numbers of at least 0'],
    [{ openFactor: 0.5 }, 'Cannot create breaker: openFactor is 0.5, allowed are numbers of at least 1 and finite'],
    [{ openMs: 10, maxOpenMs: 9 }, 'Cannot create breaker: maxOpenMs is 9, allowed are numbers of at least 10'],
    [{ openMs: Number.POSITIVE_INFINITY }, 'Cannot create breaker: openMs is ∞, allowed are numbers of at least 0 and'],
    [{ maxOpenMs: Number.POSITIVE_INFINITY }, 'Cannot create breaker: maxOpenMs is ∞'],
    [{ probeTimeoutMs: Number.POSITIVE_INFINITY }, 'Cannot create breaker: probeTimeoutMs is ∞'],
    [{ quietMs: -1 }, 'Cannot create breaker: quietMs is -1, allowed are numbers of at least 0'],
    [{ probes: 0 }, 'Cannot create breaker: probes is 0, allowed are integers of at least 1'],
    [{ probeTimeoutMs: -1 }, 'Cannot create breaker: probeTimeoutMs is -1, allowed are numbers of at least 0'],
  ])('%o is refused', (options, message) => {
    expect(() => new Breaker(options)).toThrow(InvalidOptionError);
    expect(() => new Breaker(options)).toThrow(message);
  });

  it('has as name what it was given', () => {
    expect(new Breaker({ name: 'model' }).name).toBe('model');
    expect(new Breaker().snapshot().name).toBe('breaker');
  });
});
