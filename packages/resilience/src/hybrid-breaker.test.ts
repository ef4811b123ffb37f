import { describe, expect, it } from 'vitest';
import { TestClock } from '../test/test-clock.ts';
import type { BreakerOutcome, BreakerTransition } from './breaker-events.ts';
import { InvalidOptionError } from './errors.ts';
import { HybridBreaker, type HybridBreakerOptions } from './hybrid-breaker.ts';

function make(options: HybridBreakerOptions = {}) {
  const clock = new TestClock();
  return { clock, hybrid: new HybridBreaker({ name: 'bash', now: clock.now, ...options }) };
}

function fail(hybrid: HybridBreaker, key: string, times: number): void {
  for (let time = 0; time < times; time++) {
    const answer = hybrid.tryAcquire(key);
    if (answer.ok) answer.settle('failure');
  }
}

describe('HybridBreaker', () => {
  it('stops a key at its 10 failures within 120 seconds, and no other', () => {
    const { hybrid, clock } = make();
    fail(hybrid, 'a', 9);
    clock.move(119_999);
    expect(hybrid.tryAcquire('a').ok).toBe(true);
    fail(hybrid, 'a', 1);
    expect(hybrid.tryAcquire('a')).toMatchObject({ name: 'bash.session', reason: 'open', retryAfterMs: 30_000 });
    expect(hybrid.tryAcquire('b').ok).toBe(true);
    expect([hybrid.stateOf('a'), hybrid.stateOf('b'), hybrid.state]).toEqual(['open', 'closed', 'closed']);
  });

  it('stops all keys at 50 failures of all', () => {
    const { hybrid } = make();
    for (let key = 0; key < 10; key++) fail(hybrid, `${key}`, 5);
    expect(hybrid.tryAcquire('new')).toMatchObject({ name: 'bash.global', reason: 'open' });
  });

  it('does not let one key open the global breaker, however often it fails', () => {
    const { hybrid, clock } = make({ session: { failures: 1_000 } });
    fail(hybrid, 'a', 200);
    expect(hybrid.snapshot()).toMatchObject({ withheld: 190, global: { state: 'closed', recentFailures: 10 } });
    clock.move(120_000);
    fail(hybrid, 'a', 1);
    expect(hybrid.snapshot()).toMatchObject({ withheld: 190, global: { recentFailures: 1 } });
  });

  it('rounds the share of a key as one does by hand', () => {
    const { hybrid } = make({ session: { failures: 1_000 }, global: { failures: 100 }, perKeyShare: 0.29 });
    fail(hybrid, 'a', 40);
    expect(hybrid.snapshot()).toMatchObject({ withheld: 11, global: { recentFailures: 29 } });
  });

  it('has its defaults also where options are given as undefined', () => {
    const nothing = { failures: undefined, windowMs: undefined } as object;
    const { hybrid, clock } = make({ session: nothing, global: nothing });
    fail(hybrid, 'a', 9);
    clock.move(119_999);
    expect(hybrid.snapshotOf('a')).toMatchObject({ state: 'closed', recentFailures: 9 });
    for (const key of ['b', 'c', 'd', 'e']) fail(hybrid, key, 9);
    expect(hybrid.snapshot().global).toMatchObject({ state: 'closed', recentFailures: 45 });
  });

  it('neither remembers a new key that the global breaker refuses, nor forgets another for it', () => {
    const { hybrid, clock } = make({ session: { maxKeys: 1 } });
    const permit = hybrid.tryAcquire('a');
    expect(permit.ok && permit.settle('success')).toBe(true);
    hybrid.trip();
    expect(hybrid.tryAcquire('b')).toMatchObject({ name: 'bash.global', reason: 'open' });
    expect(hybrid.snapshotOf('a')).toBeDefined();
    clock.move(30_000);
    expect([hybrid.tryAcquire('a').ok, hybrid.tryAcquire('a').ok]).toEqual([true, true]);
    expect(hybrid.tryAcquire('b')).toMatchObject({ name: 'bash.global', reason: 'probing' });
    expect(hybrid.snapshot()).toMatchObject({ session: { keys: 1, overflowed: 0 }, global: { refused: 2 } });
  });

  it('gives every key its whole share again when the global window begins anew', () => {
    const { hybrid } = make({ session: { failures: 1_000 } });
    fail(hybrid, 'a', 11);
    hybrid.reset();
    fail(hybrid, 'a', 10);
    expect(hybrid.snapshot()).toMatchObject({ withheld: 1, global: { recentFailures: 10 } });
  });

  it('remembers the share of a key that has nothing else to remember', () => {
    const { hybrid, clock } = make({ session: { failures: 3, maxKeys: 1, openMs: 0, probes: 1 }, perKeyShare: 0.06 });
    fail(hybrid, 'a', 3);
    const probe = hybrid.tryAcquire('a');
    expect(probe.ok && probe.settle('success')).toBe(true);
    expect(hybrid.snapshotOf('a')).toMatchObject({ state: 'closed', recentFailures: 0 });
    hybrid.tryAcquire('b');
    expect(hybrid.snapshot().session).toMatchObject({ keys: 1, overflowed: 1 });
    clock.move(120_000);
    hybrid.tryAcquire('b');
    expect(hybrid.snapshot().session).toMatchObject({ keys: 1, overflowed: 1, evictedFull: 1 });
  });

  it('stops all keys when so many are open at once', () => {
    const { hybrid, clock } = make({ session: { failures: 1, openMs: 1_000 }, maxOpenKeys: 3 });
    fail(hybrid, 'a', 1);
    clock.move(1_000);
    fail(hybrid, 'b', 1);
    fail(hybrid, 'c', 1);
    expect(hybrid.state).toBe('closed');
    fail(hybrid, 'd', 1);
    expect(hybrid.state).toBe('open');
  });

  it('gives the permit of the key back without a trace when the global breaker refuses', () => {
    const { hybrid, clock } = make({ session: { failures: 1, openMs: 1_000, probes: 1 }, global: { openMs: 5_000 } });
    fail(hybrid, 'a', 1);
    clock.move(1_000);
    hybrid.trip();
    expect(hybrid.tryAcquire('a')).toMatchObject({ name: 'bash.global' });
    const { session } = hybrid.snapshot();
    expect(hybrid.snapshotOf('a')).toMatchObject({ state: 'halfOpen', probesTaken: 0, inFlight: 0, ignored: 0 });
    expect(session.halfOpen).toBe(1);
    hybrid.reset();
    expect(hybrid.tryAcquire('a').ok).toBe(true);
  });

  it('counts an outcome where its epoch still runs', () => {
    const { hybrid } = make();
    const permit = hybrid.tryAcquire('a');
    hybrid.reset('a');
    expect(permit.ok && permit.settle('failure')).toBe(true);
    expect(hybrid.snapshot().global.recentFailures).toBe(1);
    expect(hybrid.snapshotOf('a')).toMatchObject({ recentFailures: 0, late: 1 });
  });

  it('tells hooks only when both parts are settled, in the order in which things happened', () => {
    const clock = new TestClock();
    const seen: unknown[] = [];
    const hybrid: HybridBreaker = new HybridBreaker({
      session: { failures: 1 },
      maxOpenKeys: 1,
      now: clock.now,
      hooks: {
        onOutcome: ({ name, key, outcome }: BreakerOutcome) => seen.push([name, key, outcome, hybrid.state]),
        onTransition: ({ name, key, reason }: BreakerTransition) => seen.push([name, key, reason, hybrid.state]),
      },
    });
    fail(hybrid, 'a', 1);
    expect(seen).toEqual([
      ['breaker.session', 'a', 'failure', 'open'],
      ['breaker.session', 'a', 'failures', 'open'],
      ['breaker.global', null, 'failure', 'open'],
      ['breaker.global', null, 'keys-open', 'open'],
    ]);
  });

  it('executes, trips, resets and forgets', async () => {
    const { hybrid } = make({ session: { slowMs: 1_000, consecutiveFailures: 2 }, global: { slowMs: 1_000 } });
    await expect(hybrid.execute('a', () => 1)).resolves.toBe(1);
    expect(hybrid.trip('a')).toBe(true);
    await expect(hybrid.execute('a', () => 1)).rejects.toMatchObject({ refusal: { name: 'bash.session' } });
    expect([hybrid.reset('a'), hybrid.reset('unknown')]).toEqual([true, false]);
    expect(hybrid.tryAcquire('a').ok).toBe(true);
    expect(hybrid.overdue(10_000)).toBe(1);
    expect([hybrid.delete('a'), hybrid.delete('a')]).toEqual([true, false]);
    expect(hybrid.trip()).toBe(true);
    expect(hybrid.name).toBe('bash');
    expect(JSON.parse(JSON.stringify(hybrid.snapshot()))).toEqual(hybrid.snapshot());
  });

  it.each<HybridBreakerOptions>([
    { perKeyShare: 0 },
    { maxOpenKeys: 0 },
    { session: { maxKeys: 0 } },
    { session: { idleMs: -1 } },
    { global: { failures: 0 } },
  ])('refuses %o', (options) => {
    expect(() => new HybridBreaker(options)).toThrow(InvalidOptionError);
  });
});
