import { Breaker, type Permit } from '@sessiond/resilience';
import { takeSteps } from './steps.ts';

// Prints how many blocks of this package's code one failing call runs, without and with 100,000 calls in the window.

let now = 0;
const breaker = new Breaker({
  failures: 1_000_000,
  failureRate: 1,
  slowMs: 500,
  slowRate: 1,
  windowMs: 60_000,
  now: () => now,
});

function call(outcome: 'success' | 'failure'): void {
  (breaker.tryAcquire() as Permit).settle(outcome);
}

function stepsOfOneFailure(): number {
  takeSteps();
  call('failure');
  return takeSteps();
}

call('success');
const few = stepsOfOneFailure();
for (let calls = 0; calls < 100_000; calls++) {
  now += 0.5;
  call(calls % 2 === 0 ? 'failure' : 'success');
}
const { calls } = breaker.snapshot().window!;
const many = stepsOfOneFailure();
// The most that can happen at once: a whole window has passed since the last call.
now += 60_000;
const late = stepsOfOneFailure();
console.log(JSON.stringify({ few, many, late, calls }));
