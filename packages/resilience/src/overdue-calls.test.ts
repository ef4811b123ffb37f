import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OverdueCalls } from './overdue-calls.ts';

const step = fc.oneof(
  fc.record({ wait: fc.double({ min: 0, max: 60, noNaN: true }), ends: fc.constant(undefined) }),
  fc.record({ wait: fc.double({ min: 0, max: 300, noNaN: true }), ends: fc.option(fc.nat(), { nil: undefined }) }),
);

describe('OverdueCalls', () => {
  it('counts no call early, and each at most an eighth of slowMs late', () => {
    fc.assert(
      fc.property(fc.constantFrom(100, 1, 0.3 * 1_000, 77.7), fc.array(step, { maxLength: 100 }), (slowMs, steps) => {
        const calls = new OverdueCalls(slowMs);
        const running: number[] = [];
        let now = 0.1;
        for (const { wait, ends } of steps) {
          now += wait;
          const which = ends === undefined ? -1 : ends % (running.length + 1);
          const [ended] = which >= 0 ? running.splice(which, 1) : [];
          if (ended !== undefined) calls.end(ended);
          else {
            calls.start(now);
            running.push(now);
          }
          const count = calls.count(now);
          expect(count).toBeLessThanOrEqual(running.filter((start) => now - start >= slowMs * (1 - 1e-9)).length);
          expect(count).toBeGreaterThanOrEqual(running.filter((start) => now - start > slowMs * (9 / 8 + 1e-9)).length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has nothing left when every call has ended', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { maxLength: 60 }), (waits) => {
        const calls = new OverdueCalls(100);
        let now = 0;
        const starts = waits.map((wait) => {
          now += wait;
          calls.start(now);
          return now;
        });
        for (const start of starts.reverse()) calls.end(start);
        expect(calls.count(now)).toBe(0);
        expect(calls.count(now + 1_000)).toBe(0);
      }),
    );
  });
});
