import { describe, expect, it } from 'vitest';
import type { AlertRule } from './alert-rule.ts';
import { type AlertState, type AlertTransition, initialAlertState, step } from './alert-state.ts';
import { resolveAlertRule } from './resolve-alert-rule.ts';

/** Takes an alert through values, one a second unless times are given, and keeps what was told. */
class Course {
  readonly told: string[] = [];
  readonly transitions: AlertTransition[] = [];
  readonly #rule;
  state: AlertState = initialAlertState(0);
  now = 0;

  constructor(rule: Partial<AlertRule>) {
    this.#rule = resolveAlertRule({ name: 'rule', metric: 'some.metric', levels: { warn: 10 }, ...rule });
  }

  at(now: number, value: number | null): this {
    this.now = now;
    const { state, transition } = step(this.state, value, now, this.#rule);
    this.state = state;
    if (transition !== null) {
      this.transitions.push(transition);
      this.told.push(`${now}: ${transition.kind}${transition.level === null ? '' : ` ${transition.level}`}`);
    }
    return this;
  }

  values(...values: (number | null)[]): this {
    for (const value of values) this.at(this.now + 1_000, value);
    return this;
  }
}

const WORSENING = { levels: { info: 10, warn: 20, critical: 30 } };

describe('an alert', () => {
  it('[M05] fires once while a value wavers around its level', () => {
    const course = new Course({}).values(9.9, 10, 9.9, 10, 9.9, 10);
    expect(course.told).toEqual(['2000: firing warn']);
  });

  it('[M05] tells every transition once, from harmless and back', () => {
    const course = new Course({ forMs: 2_000, keepMs: 2_000 }).values(1, 10, 10, 10, 10, 8, 8, 8, 8);
    expect(course.told).toEqual(['2000: pending', '4000: firing warn', '6000: recovering warn', '8000: resolved']);
    expect(course.transitions.at(-1)).toEqual({
      kind: 'resolved',
      phase: 'inactive',
      previousPhase: 'recovering',
      level: null,
      previousLevel: 'warn',
    });
  });

  it('fires and resolves at once without times', () => {
    expect(new Course({}).values(10, 8.9).told).toEqual(['1000: firing warn', '2000: resolved']);
  });

  it('does not fire for a value that was beyond the level for less than forMs', () => {
    expect(new Course({ forMs: 2_000 }).values(10, 10, 9.9, 10, 10, 9.9).told).toEqual([
      '1000: pending',
      '3000: cancelled',
      '4000: pending',
      '6000: cancelled',
    ]);
  });

  it('does not resolve for a value that was clear for less than keepMs', () => {
    expect(new Course({ keepMs: 2_000 }).values(10, 8, 8, 9.5, 8, 8, 8).told).toEqual([
      '1000: firing warn',
      '2000: recovering warn',
      '4000: relapsed warn',
      '5000: recovering warn',
      '7000: resolved',
    ]);
  });

  it('remembers when it began to fire, through relapses', () => {
    const course = new Course({ keepMs: 2_000 }).values(10, 8, 10);
    expect(course.state).toMatchObject({ phase: 'firing', since: 3_000, activeSince: 1_000 });
  });

  it('is plain JSON at any time', () => {
    const course = new Course({ forMs: 2_000 }).values(10, 10);
    expect(JSON.parse(JSON.stringify(course.state))).toEqual(course.state);
  });
});

describe('levels', () => {
  it('are told one by one, up and down', () => {
    const course = new Course(WORSENING).values(10, 20, 30, 26.9, 17.9, 8.9);
    expect(course.told).toEqual([
      '1000: firing info',
      '2000: escalated warn',
      '3000: escalated critical',
      '4000: deescalated warn',
      '5000: deescalated info',
      '6000: resolved',
    ]);
  });

  it('are told as one when a value passes several at once', () => {
    const course = new Course(WORSENING).values(99, 0);
    expect(course.told).toEqual(['1000: firing critical', '2000: resolved']);
  });

  it('each have their own hysteresis', () => {
    expect(new Course(WORSENING).values(30, 29.9, 30, 27, 30).told).toEqual(['1000: firing critical']);
  });

  it('must each hold for forMs', () => {
    const course = new Course({ ...WORSENING, forMs: 2_000 }).values(10, 10, 30, 10, 30, 30, 30);
    expect(course.told).toEqual(['1000: pending', '3000: firing info', '7000: escalated critical']);
  });

  it('must each be clear for keepMs', () => {
    const course = new Course({ ...WORSENING, keepMs: 2_000 }).values(30, 20, 20, 0, 0, 0);
    expect(course.told).toEqual(['1000: firing critical', '4000: deescalated warn', '6000: resolved']);
  });

  it('turn round with direction below', () => {
    const course = new Course({ direction: 'below', levels: { warn: 10, critical: 5 }, clearAbove: 12 });
    expect(course.values(10.1, 10, 5, 5.4, 5.6, 12, 12.1).told).toEqual([
      '2000: firing warn',
      '3000: escalated critical',
      '5000: deescalated warn',
      '7000: resolved',
    ]);
  });
});

describe('time', () => {
  it('counts only while it is observed: not over a gap that is too long', () => {
    const course = new Course({ forMs: 3_000, maxGapMs: 1_000 });
    course.at(0, 10).at(1_000, 10).at(600_000, 10).at(601_000, 10);
    expect(course.told).toEqual(['0: pending']);
    expect(course.at(602_000, 10).told).toEqual(['0: pending', '602000: firing warn']);
  });

  it('does not count towards recovery over such a gap either', () => {
    const course = new Course({ keepMs: 2_000, maxGapMs: 1_000 });
    course.at(0, 10).at(1_000, 0).at(600_000, 0).at(601_000, 0).at(602_000, 0);
    expect(course.told).toEqual(['0: firing warn', '1000: recovering warn', '602000: resolved']);
  });

  it('does not count from or to a look that found nothing', () => {
    const course = new Course({ forMs: 2_000 }).values(10, null, 10, 10, 10);
    expect(course.told).toEqual(['1000: pending', '5000: firing warn']);
  });

  it('that goes back counts as none, and goes on from there', () => {
    const course = new Course({ forMs: 2_000 }).at(9_000, 10).at(1_000, 10).at(2_000, 10);
    expect(course.told).toEqual(['9000: pending']);
    expect(course.at(3_000, 10).told.at(-1)).toBe('3000: firing warn');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('of %d is no tick', (now) => {
    const course = new Course({ forMs: 2_000 }).values(10, 10);
    const before = course.state;
    expect(course.at(now, 10).state).toBe(before);
  });
});

describe('a reminder', () => {
  it('is told every realertMs while the alert fires', () => {
    const course = new Course({ realertMs: 2_000 }).values(10, 10, 10, 10, 10, 0, 0, 0);
    expect(course.told).toEqual(['1000: firing warn', '3000: repeated warn', '5000: repeated warn', '6000: resolved']);
  });

  it('comes realertMs after a clock has gone back, and what it says began is not in the future', () => {
    const course = new Course({ realertMs: 2_000 }).at(90_000, 10).at(1_000, 10).at(2_000, 10).at(3_000, 10);
    expect(course.told).toEqual(['90000: firing warn', '3000: repeated warn']);
    expect(course.state.activeSince).toBe(1_000);
  });

  it('waits anew after a change of the level, and while the alert recovers', () => {
    const course = new Course({ ...WORSENING, realertMs: 2_000, keepMs: 9_000 }).values(
      10,
      20,
      20,
      20,
      0,
      0,
      0,
      20,
      20,
    );
    expect(course.told).toEqual([
      '1000: firing info',
      '2000: escalated warn',
      '4000: repeated warn',
      '5000: recovering warn',
      '8000: relapsed warn',
      '9000: repeated warn',
    ]);
  });
});

describe('without a value', () => {
  it('keep leaves the alert as it is', () => {
    expect(new Course({}).values(10, null, Number.NaN, null, 8).told).toEqual(['1000: firing warn', '5000: resolved']);
    expect(new Course({}).values(null, null).told).toEqual([]);
  });

  it('resolve goes the way of a harmless value', () => {
    const course = new Course({ noData: 'resolve', keepMs: 1_000 }).values(10, null, null);
    expect(course.told).toEqual(['1000: firing warn', '2000: recovering warn', '3000: resolved']);
    expect(new Course({ noData: 'resolve', direction: 'below' }).values(10, null).told.at(-1)).toBe('2000: resolved');
  });

  it('fire goes the way of a value at the lowest level', () => {
    const course = new Course({ ...WORSENING, noData: 'fire', forMs: 1_000 }).values(null, null, null);
    expect(course.told).toEqual(['1000: pending', '2000: firing info']);
    expect(new Course({ noData: 'fire', direction: 'below' }).values(null).told).toEqual(['1000: firing warn']);
  });
});
