import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutcomeWindow } from './outcome-window.ts';

interface Call {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

const step = fc.record({
  wait: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 500 })),
  records: fc.boolean(),
  failed: fc.boolean(),
  slow: fc.boolean(),
});

function numbersOf(calls: readonly Call[]) {
  return {
    calls: calls.length,
    failures: calls.filter(({ failed }) => failed).length,
    slow: calls.filter(({ slow }) => slow).length,
  };
}

describe('OutcomeWindow', () => {
  it('[R01] counts what is younger than nine tenths of the window, and nothing that is older than the window', () => {
    fc.assert(
      fc.property(fc.constantFrom(100, 160, 33), fc.array(step, { maxLength: 100 }), (windowMs, steps) => {
        const window = new OutcomeWindow(windowMs);
        const all: Call[] = [];
        let now = 0;
        for (const { wait, records, failed, slow } of steps) {
          now += wait;
          if (records) {
            window.record(now, failed, slow);
            all.push({ at: now, failed, slow });
          } else window.advance(now);
          const least = numbersOf(all.filter(({ at }) => now - at < windowMs * 0.9 - 1e-9));
          const most = numbersOf(all.filter(({ at }) => now - at < windowMs));
          for (const which of ['calls', 'failures', 'slow'] as const) {
            expect(window[which]).toBeGreaterThanOrEqual(least[which]);
            expect(window[which]).toBeLessThanOrEqual(most[which]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('forgets all at once when told to', () => {
    const window = new OutcomeWindow(100);
    window.record(1, true, true);
    window.clear();
    expect([window.calls, window.failures, window.slow]).toEqual([0, 0, 0]);
    window.record(2, true, false);
    window.advance(1_000);
    expect([window.calls, window.failures, window.slow]).toEqual([0, 0, 0]);
  });
});
