import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { Containment } from '../containment.ts';
import { type LifespanLimits, SessionLifespan } from './session-lifespan.ts';

const HOUR = 3_600_000;

/** A session whose clock is turned by hand. Limits of hours, so that no timer of its own fires during a test. */
function watched(limits: Partial<LifespanLimits>) {
  const told: string[] = [];
  let [ageMs, activeMs] = [0, 0];
  const lifespan = new SessionLifespan({
    maxLifetimeMs: null,
    maxIdleMs: null,
    ...limits,
    ageMs: () => ageMs,
    quietMs: () => ageMs - activeMs,
    guard: (callback) => callback,
    onExpiring: (reason, inMs) => told.push(`${reason} in ${inMs}`),
    onExpired: (reason) => told.push(`${reason} now`),
  });
  return {
    told,
    lifespan,
    at: (ms: number): string[] => {
      ageMs = ms;
      lifespan.check();
      return told.splice(0);
    },
    active: () => {
      activeMs = ageMs;
    },
  };
}

describe('the limit on the age of a session', () => {
  it('is announced a minute before and then demanded once', () => {
    const { at } = watched({ maxLifetimeMs: HOUR });
    expect(at(HOUR - 60_001)).toEqual([]);
    expect(at(HOUR - 60_000)).toEqual(['lifetime in 60000']);
    expect(at(HOUR - 1)).toEqual([]);
    expect(at(HOUR)).toEqual(['lifetime now']);
    expect(at(2 * HOUR)).toEqual([]);
  });

  it('is announced even when its time was slept through', () => {
    expect(watched({ maxLifetimeMs: HOUR }).at(3 * HOUR)).toEqual(['lifetime in 0', 'lifetime now']);
  });

  it('is announced half of it before, where that is less than a minute', () => {
    const { at, lifespan } = watched({ maxLifetimeMs: 50_000 });
    expect(at(24_999)).toEqual([]);
    expect(at(25_000)).toEqual(['lifetime in 25000']);
    lifespan.close();
    expect(at(50_000)).toEqual([]);
  });

  it('is not moved by activity', () => {
    const { at, active } = watched({ maxLifetimeMs: HOUR });
    at(HOUR - 60_000);
    active();
    expect(at(HOUR)).toEqual(['lifetime now']);
  });
});

describe('the limit on silence', () => {
  it('begins anew with activity, also after the announcement, and is then announced again', () => {
    const { at, active } = watched({ maxIdleMs: HOUR });
    expect(at(HOUR - 60_000)).toEqual(['idle in 60000']);
    active();
    expect(at(HOUR)).toEqual([]);
    expect(at(2 * HOUR - 120_000)).toEqual(['idle in 60000']);
    expect(at(2 * HOUR - 60_000)).toEqual(['idle now']);
  });

  it('and that on the age work side by side: what comes first, acts', () => {
    const { at } = watched({ maxIdleMs: HOUR, maxLifetimeMs: HOUR + 30_000 });
    expect(at(HOUR - 30_000)).toEqual(['idle in 30000', 'lifetime in 60000']);
    expect(at(HOUR)).toEqual(['idle now']);
  });
});

it('no limit means that nothing is watched', () => {
  expect(watched({}).at(1_000 * HOUR)).toEqual([]);
});

it('an end that fails is left to whoever answers for the session', async () => {
  const failures: unknown[] = [];
  const containment = new Containment(pino({ level: 'silent' }));
  const owner = { kind: 'session', facts: {}, end: () => failures.push('ended') } as const;
  const lifespan = new SessionLifespan({
    ...{ maxLifetimeMs: HOUR, maxIdleMs: null, quietMs: () => 0 },
    ageMs: () => HOUR,
    guard: containment.guard(owner),
    onExpiring: () => {},
    onExpired: () => Promise.reject(new Error('deliberate')),
  });
  await new Promise(setImmediate);
  expect(failures).toEqual(['ended']);
  lifespan.close();
});
