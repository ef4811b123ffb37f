import { describe, expect, it } from 'vitest';
import { TestClock } from '../test/test-clock.ts';
import type { BreakerEvicted } from './breaker-events.ts';
import { KeyedBreaker, type KeyedBreakerOptions } from './keyed-breaker.ts';

function make(options: KeyedBreakerOptions = {}) {
  const clock = new TestClock();
  const evicted: BreakerEvicted[] = [];
  const hooks = { onEvicted: (event: BreakerEvicted) => void evicted.push(event) };
  return { clock, evicted, keyed: new KeyedBreaker({ failures: 2, now: clock.now, hooks, ...options }) };
}

function call(keyed: KeyedBreaker, key: string, outcome: 'success' | 'failure' | 'ignored' = 'success'): boolean {
  const answer = keyed.tryAcquire(key);
  return answer.ok && answer.settle(outcome);
}

describe('KeyedBreaker', () => {
  it('has a breaker for each key', () => {
    const { keyed } = make();
    call(keyed, 'a', 'failure');
    call(keyed, 'a', 'failure');
    call(keyed, 'b', 'failure');
    expect([keyed.stateOf('a'), keyed.stateOf('b'), keyed.stateOf('c')]).toEqual(['open', 'closed', 'closed']);
    expect(keyed.snapshot()).toMatchObject({ keys: 2, open: 1, closed: 1, halfOpen: 0 });
    expect(keyed.snapshotOf('a')).toMatchObject({ key: 'a', state: 'open' });
    expect(keyed.snapshotOf('c')).toBeUndefined();
  });

  it('forgets the least recently used key that has nothing to remember', () => {
    const { keyed, evicted } = make({ maxKeys: 3 });
    call(keyed, 'failed', 'failure');
    call(keyed, 'a');
    call(keyed, 'b');
    call(keyed, 'a');
    call(keyed, 'new');
    expect(evicted).toEqual([{ name: 'breaker', key: 'b', reason: 'full', state: 'closed' }]);
  });

  it('keeps what is open, half open, busy or has failures, and lets further keys share the overflow breaker', () => {
    const { keyed, clock, evicted } = make({ maxKeys: 4, openMs: 10, windowMs: 1_000 });
    keyed.trip('open');
    keyed.trip('half open');
    clock.move(10);
    keyed.snapshotOf('half open');
    keyed.tryAcquire('busy');
    call(keyed, 'failed', 'failure');
    call(keyed, 'x', 'failure');
    expect(keyed.snapshot()).toMatchObject({ keys: 4, open: 1, halfOpen: 1, overflowed: 1 });
    call(keyed, 'y', 'failure');
    expect(keyed.tryAcquire('z')).toMatchObject({ ok: false, reason: 'open' });
    expect(keyed.snapshot()).toMatchObject({ overflowed: 3, overflow: { key: null, state: 'open' } });
    expect(keyed.trip('z')).toBe(false);
    clock.move(1_000);
    call(keyed, 'z');
    expect(evicted).toEqual([{ name: 'breaker', key: 'failed', reason: 'full', state: 'closed' }]);
  });

  it('forgets a key that opened and is not asked for any more, when the outage and its echo are over', () => {
    const { keyed, clock, evicted } = make({
      maxKeys: 2,
      openMs: 1_000,
      windowMs: 500,
      quietMs: 2_000,
      idleMs: 10_000,
    });
    keyed.trip('full');
    keyed.trip('idle');
    clock.move(2_999);
    call(keyed, 'x');
    expect(keyed.snapshot()).toMatchObject({ keys: 2, open: 2, overflowed: 1 });
    clock.move(1);
    call(keyed, 'x');
    expect(keyed.snapshot()).toMatchObject({ keys: 2, open: 1, closed: 1, overflowed: 1 });
    clock.move(7_001);
    call(keyed, 'x');
    expect(keyed.snapshot()).toMatchObject({ keys: 1, open: 0, halfOpen: 0, closed: 1 });
    expect(evicted.map(({ key, reason, state }) => [key, reason, state])).toEqual([
      ['full', 'full', 'open'],
      ['idle', 'idle', 'open'],
    ]);
  });

  it('remembers what bad probes made of openMs as long as a breaker that stays does', () => {
    const { keyed, clock } = make({ maxKeys: 1, failures: 1, openMs: 1_000, windowMs: 500, quietMs: 2_000, probes: 1 });
    call(keyed, 'a', 'failure');
    clock.move(1_000);
    call(keyed, 'a', 'failure');
    clock.move(2_000);
    call(keyed, 'a');
    clock.move(1_999);
    call(keyed, 'b');
    expect(keyed.snapshotOf('a')).toMatchObject({ state: 'closed', openMs: 2_000 });
    clock.move(1);
    call(keyed, 'b');
    expect(keyed.snapshotOf('a')).toBeUndefined();
  });

  it('remembers a key that has failed for as long as its row of failures goes on', () => {
    const row = { failures: 9, consecutiveFailures: 2, windowMs: 100, consecutiveWindowMs: 1_000 };
    const { keyed, clock } = make({ maxKeys: 1, ...row });
    call(keyed, 'a', 'failure');
    clock.move(999);
    call(keyed, 'b');
    expect(keyed.snapshotOf('a')).toMatchObject({ consecutiveFailures: 1, recentFailures: 0 });
    clock.move(1);
    call(keyed, 'b');
    expect(keyed.snapshotOf('a')).toBeUndefined();
  });

  it('forgets keys that were idle, without being asked for them', () => {
    const { keyed, clock, evicted } = make({ idleMs: 1_000 });
    call(keyed, 'a');
    call(keyed, 'b');
    clock.move(1_001);
    call(keyed, 'c');
    expect(evicted.map(({ key, reason }) => [key, reason])).toEqual([
      ['a', 'idle'],
      ['b', 'idle'],
    ]);
    expect(keyed.snapshot()).toMatchObject({ keys: 1, evictedIdle: 2 });
  });

  it('lets a permit settle harmlessly after its key was deleted', () => {
    const { keyed } = make({ failures: 1 });
    const permit = keyed.tryAcquire('a');
    expect([keyed.delete('a'), keyed.delete('a')]).toEqual([true, false]);
    expect(permit.ok && permit.settle('failure')).toBe(false);
    expect(keyed.stateOf('a')).toBe('closed');
    expect(keyed.snapshot()).toMatchObject({ keys: 0, closed: 0, open: 0 });
  });

  it('can be used by the hook that is told of an eviction, and does not lose the call that caused it', () => {
    const clock = new TestClock();
    const keyed: KeyedBreaker = new KeyedBreaker({
      maxKeys: 1,
      now: clock.now,
      hooks: { onEvicted: () => void keyed.tryAcquire('of the hook') },
    });
    call(keyed, 'a');
    expect(keyed.tryAcquire('b').ok).toBe(true);
    expect(keyed.snapshotOf('b')).toMatchObject({ inFlight: 1 });
    expect(keyed.snapshot()).toMatchObject({ keys: 1, overflowed: 1, hookErrors: 0 });
  });

  it('executes, trips and resets by key', async () => {
    const { keyed } = make({ name: 'model' });
    await expect(keyed.execute('a', () => 1)).resolves.toBe(1);
    expect(keyed.trip('a')).toBe(true);
    await expect(keyed.execute('a', () => 1)).rejects.toMatchObject({ code: 'REFUSED', refusal: { name: 'model' } });
    expect([keyed.reset('a'), keyed.reset('b')]).toEqual([true, false]);
    const permit = keyed.tryAcquire('a');
    expect(permit.ok && [permit.cancel(), permit.cancel(), permit.settle('failure')]).toEqual([true, false, false]);
    expect(keyed.name).toBe('model');
    expect(JSON.parse(JSON.stringify(keyed.snapshot()))).toEqual(keyed.snapshot());
  });

  it.each([{ maxKeys: 0 }, { idleMs: -1 }, { failures: 0 }])('refuses %o', (options) => {
    expect(() => new KeyedBreaker(options)).toThrow('Cannot create breaker');
  });
});
