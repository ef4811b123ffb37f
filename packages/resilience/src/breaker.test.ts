import { describe, expect, it } from 'vitest';
import { admitted, bad, end, makeBreaker } from '../test/breaker-steps.ts';
import type { Outcome } from './outcome.ts';

describe('Breaker, closed', () => {
  it('opens at the fifth failure within 60 seconds unless told otherwise', () => {
    const { breaker, clock } = makeBreaker();
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
    const { breaker, clock } = makeBreaker({ failures: 5, windowMs: 60_000 });
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
    const { breaker, clock } = makeBreaker({ failureRate: 0.5, minimumCalls: 4, windowMs: 1_000 });
    end(breaker, ...bad(3));
    clock.move(1_000);
    end(breaker, 'failure');
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window).toEqual({ calls: 1, failures: 1, slow: 0 });
    clock.move(1e9);
    expect(breaker.snapshot().window).toEqual({ calls: 0, failures: 0, slow: 0 });
  });

  it('opens when the share of failures is reached, but not below the minimum of calls', () => {
    const { breaker } = makeBreaker({ failureRate: 0.5, minimumCalls: 4 });
    end(breaker, 'failure', 'failure', 'success');
    expect(breaker.state).toBe('closed');
    end(breaker, 'success');
    expect(breaker.state).toBe('open');
  });

  it('opens at failures in a row, which a success and a whole window without failure both end', () => {
    const { breaker, clock } = makeBreaker({ consecutiveFailures: 3, windowMs: 1_000 });
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
    const { breaker, clock } = makeBreaker({
      failures: 3,
      consecutiveFailures: 3,
      windowMs: 100,
      consecutiveWindowMs: 1_100,
    });
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
    const { breaker, clock } = makeBreaker({ slowMs: 100, slowRate: 0.5, minimumCalls: 4, failures: 100 });
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
    const { breaker } = makeBreaker({ failures: 10, consecutiveFailures: 2 });
    end(breaker, 'failure', 'failure');
    expect(breaker.state).toBe('open');
  });

  it('ignores ignored outcomes', () => {
    const { breaker } = makeBreaker({ failures: 1 });
    const before = breaker.snapshot();
    end(breaker, 'ignored');
    expect(breaker.snapshot()).toEqual({ ...before, ignored: 1 });
  });

  it('tells that a permit was given back before', () => {
    const { breaker } = makeBreaker();
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
    const { breaker, clock } = makeBreaker(openFor);
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
    const { breaker, clock } = makeBreaker({ ...openFor, probeTimeoutMs: 5_000 });
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
    const { breaker, clock } = makeBreaker({ ...openFor, probes: 1 });
    end(breaker, 'failure');
    clock.move(1_000);
    admitted(breaker).settle('ignored');
    admitted(breaker).cancel();
    admitted(breaker).settle('success');
    expect(breaker.state).toBe('closed');
  });

  it('opens again at the first bad probe, each time for longer up to a bound, and for openMs after a quiet time', () => {
    const { breaker, clock } = makeBreaker({ ...openFor, probes: 1, openFactor: 3, maxOpenMs: 5_000, quietMs: 60_000 });
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
    const { breaker, clock } = makeBreaker({ ...openFor, slowMs: 100 });
    end(breaker, 'failure');
    clock.move(1_000);
    const probe = admitted(breaker);
    clock.move(100);
    probe.settle('success');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 2_000 });
  });

  it('[R02] does not count a failure that began before the outage after the recovery', () => {
    const { breaker, clock } = makeBreaker({ ...openFor, failures: 2, probes: 1 });
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
    const { breaker, clock } = makeBreaker({ ...openFor, probes: 1 });
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
    const { breaker, clock } = makeBreaker({ ...openFor, probes: 1, probeTimeoutMs: 5_000 });
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
    const { breaker, clock } = makeBreaker({ ...openFor, probes: 1 });
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
    const { breaker, clock } = makeBreaker(openFor);
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
    const { breaker, clock } = makeBreaker({ slowMs: 1_600 });
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
    const { breaker, clock } = makeBreaker({ failures: 1, openMs: 1_000, slowMs: 100 });
    const permit = admitted(breaker);
    expect([breaker.overdue(1e12), breaker.overdue(), breaker.overdue(-1)]).toEqual([1, 0, 0]);
    permit.settle('failure');
    clock.move(1_000);
    expect(breaker.tryAcquire().ok).toBe(true);
  });

  it('finds no call slow without slowMs, also the first one', () => {
    const { breaker } = makeBreaker();
    end(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ failures: 1, slow: 0 });
  });
});
