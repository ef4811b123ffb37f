import { beforeEach, expect, it } from 'vitest';
import { type Attempt, FailureLimiter } from './failure-limiter.ts';

let now: number;
let limiter: FailureLimiter;
beforeEach(() => {
  now = 0;
  limiter = new FailureLimiter({ failuresPerMinute: 3, now: () => now });
});

/** Tries one credential after the other. @returns how many were looked at. */
function guess(address: string, credentials: readonly string[]): number {
  return credentials.filter((credential) => {
    const attempt = limiter.attempt(address, credential);
    if (attempt.ok) attempt.failed();
    return attempt.ok;
  }).length;
}

const wrong = (count: number) => Array.from({ length: count }, (_, number) => `wrong-${number}`);
const begin = (address: string, credential: string): Attempt => {
  const attempt = limiter.attempt(address, credential);
  if (!attempt.ok) throw new Error('refused');
  return attempt;
};

it('looks at so many wrong credentials of an address, then says when to come back', () => {
  expect(guess('10.0.0.1', wrong(10))).toBe(3);
  const refused = limiter.attempt('10.0.0.1', 'right');
  expect(refused).toMatchObject({ ok: false });
  const { retryAfterMs } = refused as { retryAfterMs: number };
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(retryAfterMs).toBeLessThanOrEqual(64_000);
  now = retryAfterMs;
  expect(limiter.attempt('10.0.0.1', 'right')).toMatchObject({ ok: true });
});

it('counts nobody else, but a whole /64 as one', () => {
  guess('10.0.0.1', wrong(3));
  expect(guess('10.0.0.2', wrong(3))).toBe(3);
  guess('2001:db8::1', wrong(2));
  expect(guess('2001:db8::ffff:ffff', wrong(3))).toBe(1);
  expect(guess('2001:db8:0:1::1', wrong(3))).toBe(3);
});

it('counts the attempts on their way, so that many at once guess no more', () => {
  const attempts = wrong(10).map((credential) => limiter.attempt('10.0.0.1', credential));
  expect(attempts.filter(({ ok }) => ok)).toHaveLength(3);
});

it('takes many attempts with one credential for one guess, good or wrong', () => {
  const many = Array.from({ length: 50 }, () => begin('10.0.0.1', 'right'));
  for (const attempt of many) attempt.succeeded();
  expect(guess('10.0.0.1', wrong(10))).toBe(3);
  now += 120_000;
  for (const attempt of Array.from({ length: 50 }, () => begin('10.0.0.1', 'wrong'))) attempt.failed();
  expect(guess('10.0.0.1', wrong(10))).toBe(2);
});

it('lets a credential in that was good before, from wherever it comes', () => {
  begin('10.0.0.9', 'right').succeeded();
  limiter.trust('ticket');
  guess('10.0.0.1', wrong(3));
  begin('10.0.0.1', 'right').succeeded();
  begin('10.0.0.1', 'ticket').succeeded();
  expect(guess('10.0.0.1', ['other'])).toBe(0);
});

it('forgets that a credential was good once it is not', () => {
  begin('10.0.0.1', 'revoked').succeeded();
  expect(guess('10.0.0.1', ['revoked', 'revoked', 'revoked', 'revoked', 'revoked'])).toBe(4);
});

it('takes nothing for a success, nor for what nobody could decide', () => {
  for (const credential of wrong(20)) begin('10.0.0.1', credential).undecided();
  for (const credential of wrong(20)) begin('10.0.0.1', `good-${credential}`).succeeded();
  expect(guess('10.0.0.1', wrong(10))).toBe(3);
});

it('remembers only so many good credentials', () => {
  limiter.trust('first');
  for (let number = 0; number < 4_096; number++) limiter.trust(`later-${number}`);
  guess('10.0.0.1', wrong(3));
  expect(guess('10.0.0.1', ['first'])).toBe(0);
  expect(limiter.attempt('10.0.0.1', 'later-4095')).toMatchObject({ ok: true });
});
