import { describe, expect, it } from 'vitest';
import { makeBreaker } from '../test/breaker-steps.ts';
import { Breaker } from './breaker.ts';
import { timeoutOnly } from './classify.ts';
import { RefusedError } from './errors.ts';
import { HybridBreaker } from './hybrid-breaker.ts';
import { KeyedBreaker } from './keyed-breaker.ts';

describe('Breaker, execute', () => {
  const boom = new Error('boom');

  it('gives what the call gives, and counts how it ended', async () => {
    const { breaker } = makeBreaker();
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
    const { breaker } = makeBreaker({ name: 'model' });
    breaker.trip();
    const refused = breaker.execute(() => expect.unreachable());
    await expect(refused).rejects.toThrow('Cannot execute: breaker model refused (open, retry after 30,000 ms)');
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    expect(breaker.snapshot().refused).toBe(1);
  });

  it('ignores an error after its caller gave up, but not before', async () => {
    const { breaker } = makeBreaker();
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
    const { breaker } = makeBreaker();
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
    const { breaker } = makeBreaker();
    const inner = new Breaker();
    inner.trip();
    await breaker.execute(() => inner.execute(() => 1)).catch(() => {});
    await breaker.execute(() => inner.tryAcquire());
    expect(breaker.snapshot()).toMatchObject({ successes: 0, failures: 0, ignored: 2 });
  });

  it('classifies as told', async () => {
    const { breaker } = makeBreaker({ failures: 1, classify: timeoutOnly });
    await breaker.execute(() => Promise.reject(boom)).catch(() => {});
    expect(breaker.state).toBe('closed');
    const timeout = new DOMException('too late', 'TimeoutError');
    await expect(breaker.execute(() => Promise.reject(timeout))).rejects.toBe(timeout);
    expect(breaker.state).toBe('open');
  });
});
