import { Bulkhead } from '@sessiond/resilience';
import { takeSteps } from './steps.ts';

// Prints how many blocks of this package's code the abort of a waiter runs, alone and in the middle of 100,000 others.

function stepsOfOneAbort(others: number): { steps: number; waiting: number } {
  const bulkhead = new Bulkhead({ limit: 1, maxQueue: others + 1, now: () => 0 });
  bulkhead.tryAcquire();
  const wait = (count: number) => {
    for (let waiter = 0; waiter < count; waiter++) void bulkhead.acquire();
  };
  const controller = new AbortController();
  wait(others / 2);
  void bulkhead.acquire({ signal: controller.signal });
  wait(others / 2);
  takeSteps();
  controller.abort();
  const steps = takeSteps();
  return { steps, waiting: bulkhead.snapshot().waiting };
}

stepsOfOneAbort(2);
console.log(JSON.stringify({ few: stepsOfOneAbort(2), many: stepsOfOneAbort(100_000) }));
