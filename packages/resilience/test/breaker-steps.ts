import { Breaker } from '../src/breaker.ts';
import type { BreakerOptions } from '../src/breaker-settings.ts';
import type { Outcome } from '../src/outcome.ts';
import type { Permit } from '../src/permit.ts';
import { TestClock } from './test-clock.ts';

/** A breaker with a clock of the test. */
export function makeBreaker(options: BreakerOptions = {}): { readonly clock: TestClock; readonly breaker: Breaker } {
  const clock = new TestClock();
  return { clock, breaker: new Breaker({ now: clock.now, ...options }) };
}

/** A permit, which must be there. */
export function admitted(breaker: Breaker): Permit {
  const answer = breaker.tryAcquire();
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
  return answer;
}

/** Has calls end like that, one after the other. */
export function end(breaker: Breaker, ...outcomes: Outcome[]): void {
  for (const outcome of outcomes) admitted(breaker).settle(outcome);
}

/** So many failures. */
export function bad(count: number): Outcome[] {
  return new Array<Outcome>(count).fill('failure');
}
