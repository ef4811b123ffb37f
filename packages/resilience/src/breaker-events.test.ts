import { describe, expect, it } from 'vitest';
import { admitted, end } from '../test/breaker-steps.ts';
import { TestClock } from '../test/test-clock.ts';
import { Breaker } from './breaker.ts';
import type { BreakerOutcome, BreakerRefused, BreakerTransition } from './breaker-events.ts';

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
