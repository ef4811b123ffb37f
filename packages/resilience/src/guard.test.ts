import { describe, expect, it } from 'vitest';
import { ControlledWork } from '../test/controlled-work.ts';
import { FakeTime } from '../test/fake-time.ts';
import { Breaker } from './breaker.ts';
import { Bulkhead } from './bulkhead.ts';
import { timeoutOnly } from './classify.ts';
import { Deadline } from './deadline.ts';
import { DeadlineError, RefusedError } from './errors.ts';
import { Guard } from './guard.ts';
import { RateLimiter } from './rate-limiter.ts';

function setup({ maxQueue = 0, failures = 1 }: { maxQueue?: number; failures?: number } = {}) {
  const time = new FakeTime();
  const { now } = time;
  const limiter = new RateLimiter({ limit: 3, windowMs: 1_000, now });
  const bulkhead = new Bulkhead({ limit: 1, maxQueue, now, timers: time });
  const breaker = new Breaker({ failures, windowMs: 60_000, now });
  const deadline = new Deadline({ deadlineMs: 100, timers: time });
  const guard = new Guard({ limiter, bulkhead, breaker, deadline });
  /** How much is left for a key. */
  const left = (key: string) => {
    const taken = [3, 2, 1].find((n) => {
      const answer = limiter.take(key, n);
      return answer.ok && answer.refund();
    });
    return taken ?? 0;
  };
  return { time, limiter, bulkhead, breaker, guard, left, work: new ControlledWork<string>() };
}

/** Lets promises run that others wait for. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('a guard', () => {
  it('does work that every part agrees to, and gives everything back but what it took from the limiter', async () => {
    const { time, bulkhead, breaker, guard, left } = setup();
    expect(await guard.execute(() => 'done', { key: 'a', n: 2 })).toBe('done');
    expect(await guard.run(async () => 'done', { key: 'b' })).toEqual({ ok: true, value: 'done' });
    expect([left('a'), left('b')]).toEqual([1, 2]);
    expect(bulkhead.snapshot().active).toBe(0);
    expect(breaker.snapshot()).toMatchObject({ successes: 2, inFlight: 0 });
    expect(guard.snapshot()).toEqual({ name: 'guard', inside: 0, abandoned: 0 });
    expect(time.pending).toBe(0);
  });

  it('needs none of its parts', async () => {
    const guard = new Guard({ name: 'open' });
    expect(await guard.execute(() => 'done')).toBe('done');
    const work = new ControlledWork<string>();
    const controller = new AbortController();
    const result = guard.execute(work.begin, { signal: controller.signal });
    await turns();
    controller.abort('reason');
    await expect(result).rejects.toBe('reason');
    expect(guard.snapshot()).toEqual({ name: 'open', inside: 1, abandoned: 1 });
    work.resolve('late');
    await turns();
    expect(guard.snapshot()).toEqual({ name: 'open', inside: 0, abandoned: 0 });
  });

  it('asks nobody else once the limiter has refused', async () => {
    const { breaker, bulkhead, guard, work } = setup();
    const refusal = await guard.run(work.begin, { n: 4 });
    expect(refusal).toMatchObject({ ok: false, by: 'limiter', reason: 'too-large' });
    expect(bulkhead.snapshot().admitted).toBe(0);
    expect(breaker.snapshot()).toMatchObject({ successes: 0, ignored: 0, refused: 0 });
    expect(work.begun).toBe(false);
  });

  it('[R07] takes nothing from the limiter when the bulkhead refuses', async () => {
    const { guard, left, work } = setup();
    const inside = guard.execute(work.begin, { key: 'a' });
    await turns();
    const refused = guard.execute(() => 'never', { key: 'b' });
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    await expect(refused).rejects.toMatchObject({ refusal: { by: 'bulkhead', reason: 'queue-full' } });
    expect(guard.tryEnter({ key: 'b' })).toMatchObject({ ok: false, by: 'bulkhead' });
    expect([left('a'), left('b')]).toEqual([2, 3]);
    work.resolve('done');
    expect(await inside).toBe('done');
  });

  it('[R07] takes neither slot nor budget when the breaker refuses', async () => {
    const { bulkhead, breaker, guard, left } = setup();
    breaker.trip();
    const refusal = await guard.run(() => 'never', { key: 'a' });
    expect(refusal).toMatchObject({ ok: false, by: 'breaker', reason: 'open' });
    expect(left('a')).toBe(3);
    expect(bulkhead.snapshot().active).toBe(0);
    expect(guard.snapshot().inside).toBe(0);
  });

  it('[R07] takes neither slot nor budget when a breaker throws', async () => {
    const { limiter, bulkhead, left } = setup();
    const failure = new Error('failure');
    const breaker = {
      tryAcquire: () => {
        throw failure;
      },
    };
    const guard = new Guard({ limiter, bulkhead, breaker });
    expect(() => guard.tryEnter({ key: 'a' })).toThrow(failure);
    await expect(guard.execute(() => 'never', { key: 'a' })).rejects.toBe(failure);
    expect(left('a')).toBe(3);
    expect(bulkhead.snapshot().active).toBe(0);
    expect(guard.snapshot().inside).toBe(0);
  });

  it('[R09] admits nobody while work goes on whose caller was answered at the deadline', async () => {
    const { time, bulkhead, breaker, guard, work } = setup({ failures: 2 });
    const result = guard.execute(work.begin);
    await turns();
    const { signal } = work.context!;
    time.advance(100);
    await expect(result).rejects.toThrow(DeadlineError);
    expect(signal.aborted).toBe(true);
    // The breaker has heard of it, the slot is still in use.
    expect(breaker.snapshot()).toMatchObject({ failures: 1, inFlight: 0 });
    expect(guard.snapshot()).toMatchObject({ inside: 1, abandoned: 1 });
    expect(await guard.run(() => 'never')).toMatchObject({ ok: false, by: 'bulkhead' });
    work.resolve('late');
    await turns();
    expect(breaker.snapshot()).toMatchObject({ failures: 1, successes: 0 });
    expect(bulkhead.snapshot().active).toBe(0);
    expect(guard.snapshot()).toMatchObject({ inside: 0, abandoned: 0 });
  });

  it('answers a caller who aborts at once, and tells the breaker nothing when the work ends', async () => {
    for (const end of ['resolve', 'reject'] as const) {
      const { bulkhead, breaker, guard, work } = setup();
      const controller = new AbortController();
      const result = guard.execute(work.begin, { signal: controller.signal });
      await turns();
      controller.abort('reason');
      await expect(result).rejects.toBe('reason');
      expect(breaker.snapshot().inFlight).toBe(1);
      expect(bulkhead.snapshot().active).toBe(1);
      work[end](new Error('late') as never);
      await turns();
      expect(breaker.snapshot()).toMatchObject({ inFlight: 0, ignored: 1, failures: 0, successes: 0 });
      expect(bulkhead.snapshot().active).toBe(0);
    }
  });

  it('takes nothing for a caller who has aborted, or does while waiting', async () => {
    const { bulkhead, guard, left, work } = setup({ maxQueue: 5 });
    await expect(guard.execute(work.begin, { key: 'a', signal: AbortSignal.abort('early') })).rejects.toBe('early');
    const inside = guard.execute(work.begin);
    await turns();
    const controller = new AbortController();
    const waiting = guard.execute(() => 'never', { key: 'a', signal: controller.signal });
    await turns();
    expect(bulkhead.snapshot().waiting).toBe(1);
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
    expect(left('a')).toBe(3);
    work.resolve('done');
    await inside;
    expect(bulkhead.snapshot()).toMatchObject({ active: 0, waiting: 0 });
  });

  it('takes nothing for a caller who aborts between its admission and its beginning', async () => {
    const { bulkhead, breaker, guard, left, work } = setup({ maxQueue: 1 });
    const slot = bulkhead.tryAcquire();
    const controller = new AbortController();
    const result = guard.execute(work.begin, { key: 'a', signal: controller.signal });
    await turns();
    if (slot.ok) slot.release();
    controller.abort('reason');
    await expect(result).rejects.toBe('reason');
    expect(work.begun).toBe(false);
    expect(left('a')).toBe(3);
    expect(bulkhead.snapshot().active).toBe(0);
    expect(breaker.snapshot()).toMatchObject({ inFlight: 0, ignored: 0 });
  });

  it('tells the breaker what its classification makes of an end', async () => {
    const { breaker } = setup();
    const guard = new Guard({ breaker, classify: timeoutOnly });
    await expect(guard.execute(() => Promise.reject(new Error('wrong input')))).rejects.toThrow('wrong input');
    expect(breaker.snapshot()).toMatchObject({ failures: 0, successes: 1 });
  });

  it('lets the breaker ignore what a guard inside refused, as a value or as an error', async () => {
    const { breaker } = setup();
    const outer = new Guard({ breaker });
    const inner = new Guard({ limiter: new RateLimiter({ limit: 0, windowMs: 1_000 }) });
    expect(await outer.run(() => inner.run(() => 'never'))).toMatchObject({ ok: true, value: { by: 'limiter' } });
    await expect(outer.execute(() => inner.execute(() => 'never'))).rejects.toThrow(RefusedError);
    expect(breaker.snapshot()).toMatchObject({ ignored: 2, successes: 0, failures: 0 });
  });

  it('lets nobody enter who has given up, whether or not a slot is free', async () => {
    const { bulkhead, guard, left } = setup({ maxQueue: 1 });
    const signal = AbortSignal.abort();
    const refusal = { ok: false, by: 'bulkhead', reason: 'aborted' };
    expect(await guard.enter({ key: 'a', signal })).toMatchObject(refusal);
    expect(bulkhead.tryAcquire().ok).toBe(true);
    expect(await guard.enter({ key: 'a', signal })).toMatchObject(refusal);
    expect(left('a')).toBe(3);
    expect(guard.snapshot().inside).toBe(0);
  });

  it('lets its owner do the work, and takes an entry back once', async () => {
    const { bulkhead, breaker, guard, left } = setup({ failures: 2 });
    const entry = guard.tryEnter({ key: 'a' });
    if (!entry.ok) throw new Error('refused');
    expect(guard.snapshot().inside).toBe(1);
    expect(entry.settle('failure')).toBe(true);
    expect(entry.settle('failure')).toBe(false);
    expect(entry.cancel()).toBe(false);
    expect(breaker.snapshot().failures).toBe(1);
    expect(left('a')).toBe(2);
    const unused = await guard.enter({ key: 'a' });
    if (!unused.ok) throw new Error('refused');
    expect(unused.cancel()).toBe(true);
    expect(unused.settle('success')).toBe(false);
    expect(left('a')).toBe(2);
    expect(breaker.snapshot()).toMatchObject({ failures: 1, successes: 0, inFlight: 0 });
    expect(bulkhead.snapshot().active).toBe(0);
    expect(guard.snapshot().inside).toBe(0);
  });
});
