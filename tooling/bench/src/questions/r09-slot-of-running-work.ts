import { Bulkhead, Deadline, Guard } from '@sessiond/resilience';
import { bulkhead, TimeoutStrategy, timeout, wrap } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { act, forget, PendingCall, premise } from './calls.ts';
import type { Question } from './question.ts';
import { settled } from './virtual-time.ts';

const TIMEOUT_MS = 1_000;

/**
 * One slot; its caller has been told that it took too long, and its work goes on. May the next one begin?
 *
 * cockatiel is asked in the order of its readme, with the timeout inside; with the timeout outside of the bulkhead it
 * would keep the slot.
 */
export const slotOfRunningWork: Question = {
  id: 'R09',
  asks: 'a bulkhead of 1 with a timed-out call still running admits nobody',
  probes: {
    async sessiond(time) {
      const guard = new Guard({
        bulkhead: new Bulkhead({ limit: 1, maxQueue: 0 }),
        deadline: new Deadline({ deadlineMs: TIMEOUT_MS }),
      });
      return keepsSlot(
        (call) => guard.execute(call),
        () => time.advance(TIMEOUT_MS),
      );
    },

    async cockatiel(time) {
      const policy = wrap(bulkhead(1), timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive));
      return keepsSlot(
        (call) => policy.execute(call),
        () => time.advance(TIMEOUT_MS),
      );
    },

    async opossum(time) {
      const breaker = new CircuitBreaker(act, { capacity: 1, timeout: TIMEOUT_MS, volumeThreshold: 100 });
      return keepsSlot(
        (call) => breaker.fire(call),
        () => time.advance(TIMEOUT_MS),
      );
    },
  },
};

async function keepsSlot(
  execute: (call: () => Promise<string>) => Promise<string>,
  timesOut: () => Promise<void>,
): Promise<boolean> {
  let told = false;
  execute(new PendingCall().act).catch(() => {
    told = true;
  });
  await timesOut();
  premise(told);
  let began = false;
  forget(
    execute(() => {
      began = true;
      return new PendingCall().act();
    }),
  );
  await settled();
  return !began;
}
