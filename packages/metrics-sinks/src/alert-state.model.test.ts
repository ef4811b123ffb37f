import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AlertLevel, AlertRule, ResolvedAlertRule } from './alert-rule.ts';
import { type AlertPhase, initialAlertState, step } from './alert-state.ts';
import { resolveAlertRule } from './resolve-alert-rule.ts';

interface Look {
  readonly now: number;
  readonly value: number | null;
}

/** The alert as one would explain it: every look is kept, and each level asks all of them anew for how long it has been like this. */
class NaiveAlert {
  readonly #rule: ResolvedAlertRule;
  readonly #looks: Look[] = [];
  readonly #reached: boolean[];

  constructor(rule: ResolvedAlertRule) {
    this.#rule = rule;
    this.#reached = rule.thresholds.map(() => false);
  }

  look(now: number, value: number | null): { level: AlertLevel | null; phase: AlertPhase } {
    const { thresholds, direction, noData, forMs, keepMs } = this.#rule;
    const harmless = direction === 'above' ? -1e9 : 1e9;
    const instead = { keep: null, resolve: harmless, fire: thresholds[0]!.beyond }[noData];
    this.#looks.push({ now, value: value ?? instead });
    for (const index of thresholds.keys()) {
      const [ms, limit] = this.#reached[index] ? [this.#clearMs(index), keepMs] : [this.#beyondMs(index), forMs];
      if (ms !== null && ms >= limit && (value ?? instead) !== null) this.#reached[index] = !this.#reached[index];
    }
    const level = thresholds[this.#reached.lastIndexOf(true)]?.level ?? null;
    const phase =
      level === null
        ? this.#beyondMs(0) === null
          ? 'inactive'
          : 'pending'
        : this.#clearMs(0) === null
          ? 'firing'
          : 'recovering';
    return { level, phase };
  }

  #beyondMs(index: number): number | null {
    const { beyond } = this.#rule.thresholds[index]!;
    return this.#heldMs((value) => (this.#rule.direction === 'above' ? value >= beyond : value <= beyond));
  }

  #clearMs(index: number): number | null {
    const { clear } = this.#rule.thresholds[index]!;
    return this.#heldMs((value) => (this.#rule.direction === 'above' ? value < clear : value > clear));
  }

  /** Observed time since the last look at which it did not hold; `null` if that was the last one. */
  #heldMs(holds: (value: number) => boolean): number | null {
    let ms: number | null = null;
    for (let index = this.#looks.length - 1; index >= 0; index--) {
      const { now, value } = this.#looks[index]!;
      if (value === null) continue;
      if (!holds(value)) break;
      const next = this.#looks[index + 1];
      const gap = next === undefined || next.value === null ? 0 : next.now - now;
      ms = (ms ?? 0) + (gap >= 0 && gap <= this.#rule.maxGapMs ? gap : 0);
    }
    return ms;
  }
}

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -3, max: 43 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const looks = fc.array(
  fc.record({
    // Mostly a usual tick, now and then one that comes too late or a clock that goes back.
    gapMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 }) },
      { weight: 1, arbitrary: fc.integer({ min: -9, max: 30 }) },
    ),
    value,
    times: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 60 },
);

const rules: fc.Arbitrary<ResolvedAlertRule> = fc
  .record({
    direction: fc.constantFrom('above' as const, 'below' as const),
    names: fc.subarray<AlertLevel>(['info', 'warn', 'critical'], { minLength: 1 }),
    bounds: fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 6, maxLength: 6 }),
    forMs: fc.integer({ min: 0, max: 6 }),
    keepMs: fc.integer({ min: 0, max: 6 }),
    maxGapMs: fc.integer({ min: 3, max: 12 }),
    realertMs: fc.option(fc.integer({ min: 1, max: 9 })),
    noData: fc.constantFrom('keep' as const, 'resolve' as const, 'fire' as const),
  })
  .map(({ names, bounds, direction, ...rest }) => {
    const ascending = [...bounds].sort((a, b) => (direction === 'above' ? a - b : b - a));
    const levels: Partial<Record<AlertLevel, number>> = {};
    const clears: Partial<Record<AlertLevel, number>> = {};
    // Clears and levels may lie in any order between each other, as long as each kind ascends and a clear is not beyond its level.
    for (const [index, name] of names.entries()) {
      clears[name] = ascending[index]!;
      levels[name] = ascending[index + names.length]!;
    }
    const rule: AlertRule = { name: 'rule', metric: 'some.metric', levels, direction, ...rest };
    return resolveAlertRule({ ...rule, ...(direction === 'above' ? { clearBelow: clears } : { clearAbove: clears }) });
  });

it('[M05] is, over random values, what its whole history says, and tells every change exactly once', () => {
  fc.assert(
    fc.property(rules, looks, (rule, run) => {
      const naive = new NaiveAlert(rule);
      let state = initialAlertState(0);
      let toldAt = 0;
      let now = 0;
      for (const { gapMs, value, times } of run) {
        for (let time = 0; time < times; time++) {
          now += gapMs;
          if (value !== null || rule.noData !== 'keep') toldAt = Math.min(toldAt, now);
          const before = state;
          const expected = naive.look(now, value);
          const stepped = step(before, value, now, rule);
          expect(step(before, value, now, rule)).toEqual(stepped);
          state = stepped.state;
          expect({ level: state.level, phase: state.phase }).toEqual(expected);

          const { transition } = stepped;
          const changed = state.phase !== before.phase || state.level !== before.level;
          const due = !changed && state.phase === 'firing' && rule.realertMs !== null && now - toldAt >= rule.realertMs;
          expect(transition !== null).toBe(changed || due);
          if (transition === null) continue;
          expect(transition).toMatchObject({ phase: state.phase, level: state.level });
          expect(transition).toMatchObject({ previousPhase: before.phase, previousLevel: before.level });
          expect(transition.kind === 'repeated').toBe(due);
          expect(transition.kind === 'firing').toBe(before.level === null && state.level !== null);
          expect(transition.kind === 'resolved').toBe(before.level !== null && state.level === null);
          if (due || before.level !== state.level) toldAt = now;
        }
      }
    }),
    { numRuns: 700 },
  );
});

it('[M05] is never stuck: it fires after forMs of bad values and resolves after keepMs of good ones, whatever was before', () => {
  fc.assert(
    fc.property(rules, looks, (rule, run) => {
      let state = initialAlertState(0);
      let now = 0;
      const go = (value: number | null, gapMs: number) => {
        now += gapMs;
        ({ state } = step(state, value, now, rule));
      };
      const worst = rule.direction === 'above' ? 1e9 : -1e9;
      for (const { gapMs, value, times } of run) for (let time = 0; time < times; time++) go(value, gapMs);
      for (let ms = 0; ms <= rule.forMs; ms++) go(worst, 1);
      expect(state).toMatchObject({ phase: 'firing', level: rule.thresholds.at(-1)!.level });
      for (let ms = 0; ms <= rule.keepMs; ms++) go(-worst, 1);
      expect(state).toMatchObject({ phase: 'inactive', level: null, activeSince: null, toldAt: null });
    }),
  );
});
