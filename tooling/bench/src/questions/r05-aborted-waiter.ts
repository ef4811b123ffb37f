import { Bulkhead } from '@sessiond/resilience';
import { bulkhead } from 'cockatiel';
import { forget, PendingCall, premise } from './calls.ts';
import type { Question } from './question.ts';
import { settled } from './virtual-time.ts';

/** One slot, in use; one place in the queue, whose owner gives up. Is he told, and is the place free? */
export const abortedWaiter: Question = {
  id: 'R05',
  asks: 'an aborted waiter leaves the queue at once',
  probes: {
    async sessiond() {
      const gate = new Bulkhead({ limit: 1, maxQueue: 1 });
      forget(gate.execute(new PendingCall().act));
      const caller = new AbortController();
      let told = false;
      gate.execute(new PendingCall().act, { signal: caller.signal }).catch(() => {
        told = true;
      });
      premise(gate.snapshot().waiting === 1);
      caller.abort();
      await settled();
      return told && gate.snapshot().waiting === 0;
    },

    async cockatiel() {
      const gate = bulkhead(1, 1);
      forget(gate.execute(new PendingCall().act));
      const caller = new AbortController();
      let told = false;
      gate.execute(new PendingCall().act, caller.signal).catch(() => {
        told = true;
      });
      premise(gate.queueSlots === 0);
      caller.abort();
      await settled();
      return told && gate.queueSlots === 1;
    },
  },
};
