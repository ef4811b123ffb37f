import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff, RECONNECT_DEFAULTS, resolveReconnect } from './reconnect.ts';

function backoff(options: Partial<typeof RECONNECT_DEFAULTS> = {}, random = () => 0) {
  const clock = { ms: 1_000 };
  const made = new Backoff({ ...RECONNECT_DEFAULTS, ...options }, () => clock.ms, random);
  return { clock, made };
}

describe('Backoff', () => {
  it('doubles up to the maximum', () => {
    const { made } = backoff({ initialDelayMs: 100, maxDelayMs: 500 });
    expect([made.next(), made.next(), made.next(), made.next(), made.next()]).toEqual([100, 200, 400, 500, 500]);
    expect(made.attempt).toBe(5);
  });

  it('takes the random share off the upper bound', () => {
    const { made } = backoff({ initialDelayMs: 100, jitter: 0.5 }, () => 0.5);
    expect(made.next()).toBe(75);
  });

  it('tries once more at the deadline, then never again', () => {
    const { clock, made } = backoff({ initialDelayMs: 100, deadlineMs: 150 });
    expect(made.next()).toBe(100);
    clock.ms += 100;
    expect(made.next()).toBe(50);
    clock.ms += 50;
    expect(made.next()).toBeUndefined();
  });

  it('makes no attempt at all with a deadline of 0', () => {
    expect(backoff({ deadlineMs: 0 }).made.next()).toBeUndefined();
  });

  it('never waits longer than the maximum or past the deadline, and is over in the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (initialDelayMs, deadlineMs, random) => {
          const { clock, made } = backoff({ initialDelayMs, maxDelayMs: 5_000, deadlineMs }, () => random * 0.999);
          for (let attempts = 0; attempts < 200_000; attempts += 1) {
            const delayMs = made.next();
            if (delayMs === undefined) return;
            expect(delayMs).toBeGreaterThan(0);
            expect(delayMs).toBeLessThanOrEqual(5_000);
            clock.ms += delayMs;
            expect(clock.ms).toBeLessThanOrEqual(1_000 + deadlineMs + 1e-6);
          }
          expect.unreachable('the backoff never ended');
        },
      ),
    );
  });
});

describe('resolveReconnect', () => {
  it('means the defaults when nothing is given and off when false', () => {
    expect(resolveReconnect(undefined)).toEqual(RECONNECT_DEFAULTS);
    expect(resolveReconnect(false)).toBeUndefined();
  });

  it('names option, range and value of a bad setting', () => {
    expect(() => resolveReconnect({ jitter: 2 })).toThrow('jitter is 2, allowed is 0 to 1');
    expect(() => resolveReconnect({ initialDelayMs: 10, maxDelayMs: 5 })).toThrow('maxDelayMs is 5, allowed is 10 to');
  });
});
