import type { Command, ProtocolFault } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NumberOption } from '../config/option-spec.ts';
import { OPTIONS } from '../config/options.ts';
import { AdmissionDesk, admitted, CREATE, LIST, run, traits } from './admission-fixture.ts';

let desk: AdmissionDesk;
beforeEach(() => {
  desk = new AdmissionDesk();
});

describe('the breaker before programs', () => {
  const EXHAUSTED: ProtocolFault = { code: 'SPAWN_FAILED', message: 'no', details: { reason: 'out-of-resources' } };
  const LIMITS = { spawnFailuresPerPrincipal: 3, spawnFailuresTotal: 15, spawnPauseMs: 30_000 };

  it('[R12] opens for a principal after so many failures, says for how long, and lets probes through then', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 3; time += 1) expect(run(admission, CREATE, 'ada', EXHAUSTED)).toBeUndefined();
    expect(run(admission, CREATE, 'ada')).toEqual({
      code: 'CIRCUIT_OPEN',
      message: 'Cannot run the command: programs could not be started lately',
      details: { breaker: 'spawn' },
      retryAfterMs: 30_000,
    });
    expect(admission.health()).toEqual({ name: 'breakers', status: 'degraded', message: 'spawn is open for 1 of 1.' });
    desk.now += 30_000;
    // Also when nobody has tried yet: what is over is over.
    expect(admission.health()).toEqual({ name: 'breakers', status: 'ok' });
    expect([run(admission, CREATE, 'ada'), run(admission, CREATE, 'ada')]).toEqual([undefined, undefined]);
    expect(admission.health()).toEqual({ name: 'breakers', status: 'ok' });
    expect(desk.told.filter((line) => line.includes('>'))).toEqual([
      'spawn key closed>open',
      'spawn key open>halfOpen',
      'spawn key halfOpen>closed',
    ]);
    expect(desk.logged.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 40, event: 'breaker', breaker: 'spawn', key: 'ada', to: 'open' },
      { level: 30, event: 'breaker', to: 'halfOpen' },
      { level: 30, event: 'breaker', to: 'closed' },
    ]);
  });

  it('[R13] opens for nobody else, until it happens to many', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 10; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    expect(run(admission, CREATE, 'bob')).toBeUndefined();
    for (const principal of ['bob', 'cid', 'dan', 'eve']) {
      for (let time = 0; time < 3; time += 1) run(admission, CREATE, principal, EXHAUSTED);
    }
    expect(run(admission, CREATE, 'stranger')).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: 30_000 });
    expect(admission.snapshot().breakers).toMatchObject([{ name: 'spawn', state: 'open', retryAfterMs: 30_000 }]);
    expect(admission.health().message).toBe('spawn is open for everybody.');
  });

  it('[R13] opens for nobody else with the lowest total that can be configured', () => {
    const { min } = OPTIONS.spawnFailuresTotal as NumberOption;
    const admission = desk.admissionWith({ ...LIMITS, spawnFailuresTotal: min });
    for (let time = 0; time < 10; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    expect(run(admission, CREATE, 'bob')).toBeUndefined();
  });

  it.each<[ProtocolFault, string]>([
    [{ code: 'SPAWN_FAILED', message: 'no', details: { reason: 'command-not-found' } }, 'ignored'],
    [{ code: 'SPAWN_FAILED', message: 'no', details: { reason: 'cwd-not-accessible' } }, 'ignored'],
    [{ code: 'SESSION_EXISTS', message: 'no' }, 'ignored'],
    [{ code: 'CAPACITY_EXCEEDED', message: 'no' }, 'ignored'],
    [{ code: 'CANCELLED', message: 'no' }, 'ignored'],
    [{ code: 'TIMEOUT', message: 'no', timedOut: true }, 'failure'],
    [EXHAUSTED, 'failure'],
  ])('takes %j for %s', (outcome, expected) => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 3; time += 1) run(admission, CREATE, 'ada', outcome);
    expect(desk.told.filter((line) => line.startsWith('spawn') && !line.includes('>'))).toEqual(
      Array.from({ length: 3 }, () => `spawn ${expected}`),
    );
    expect(run(admission, CREATE, 'ada')?.code).toBe(expected === 'failure' ? 'CIRCUIT_OPEN' : undefined);
  });

  it('gives budget and place back to what it refuses', () => {
    const admission = desk.admissionWith({ ...LIMITS, dataCommandsPerMinute: 4, maxInflightPerPrincipal: 1 });
    for (let time = 0; time < 3; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    for (let time = 0; time < 100; time += 1) expect(run(admission, CREATE, 'ada')?.code).toBe('CIRCUIT_OPEN');
    desk.now += 30_000;
    expect(run(admission, CREATE, 'ada')).toBeUndefined();
    expect(run(admission, CREATE, 'ada')?.code).toBe('RATE_LIMITED');
  });

  it('is asked when a command begins, not when it is let in', () => {
    const admission = desk.admissionWith(LIMITS);
    const waiting = admitted(admission.admit(CREATE, 'ada'));
    for (let time = 0; time < 3; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    expect(waiting.begin(traits('st-1'))?.fault.code).toBe('CIRCUIT_OPEN');
    expect(admission.snapshot().bulkheads[0]?.usage).toBe(0);
  });

  it('stands before nothing else, and before nothing when it is off', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    expect(run(admission, LIST, 'ada')).toBeUndefined();
    const without = desk.admissionWith({});
    for (let time = 0; time < 100; time += 1) expect(run(without, CREATE, 'ada', EXHAUSTED)).toBeUndefined();
    expect(without.snapshot().breakers).toEqual([]);
  });
});

describe('the breaker before bash', () => {
  const LATE: ProtocolFault = { code: 'TIMEOUT', message: 'late', timedOut: true };
  const LIMITS = {
    bashTimeoutsPerSession: 10,
    bashTimeoutsTotal: 50,
    bashTimeoutWindowMs: 120_000,
    bashPauseMs: 30_000,
  };
  const bash = (sessionId: string): Command => ({ type: 'bash', sessionId, command: 'make' });

  it('[S31] opens for a session after ten timeouts within two minutes, whoever sent them, and tells of it with its id', () => {
    const admission = desk.admissionWith(LIMITS);
    const changes: unknown[] = [];
    admission.onBreakerChanged((change) => changes.push(change));
    for (let time = 0; time < 9; time += 1) run(admission, bash('s'), 'ada', LATE);
    desk.now += 150_000;
    for (let time = 0; time < 10; time += 1) {
      expect(run(admission, bash('s'), time % 2 === 0 ? 'ada' : 'bob', LATE)).toBeUndefined();
    }
    expect(run(admission, bash('s'), 'cid')).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: 30_000 });
    expect(run(admission, bash('other'), 'ada')).toBeUndefined();
    desk.now += 30_000;
    expect([run(admission, bash('s'), 'ada'), run(admission, bash('s'), 'ada')]).toEqual([undefined, undefined]);
    const change = { breaker: 'bash', scope: 'session', key: 's' };
    expect(changes).toEqual([
      { ...change, from: 'closed', to: 'open' },
      { ...change, from: 'open', to: 'halfOpen' },
      { ...change, from: 'halfOpen', to: 'closed' },
    ]);
  });

  it('lets a new session begin anew that has the id of one whose commands were stopped', () => {
    const admission = desk.admissionWith(LIMITS);
    const changes: object[] = [];
    admission.onBreakerChanged((change) => changes.push(change));
    for (let time = 0; time < 10; time += 1) run(admission, bash('s'), 'ada', LATE, 'st-1');
    expect(run(admission, bash('s'), 'ada', undefined, 'st-1')).toMatchObject({ code: 'CIRCUIT_OPEN' });
    for (let time = 0; time < 9; time += 1) {
      expect(run(admission, bash('s'), 'ada', LATE, 'st-2')).toBeUndefined();
    }
    expect(changes).toEqual([{ breaker: 'bash', scope: 'session', key: 's', from: 'closed', to: 'open' }]);
  });

  it('[S31] opens for everybody after fifty timeouts in many sessions', () => {
    const admission = desk.admissionWith(LIMITS);
    const changes: object[] = [];
    admission.onBreakerChanged((change) => changes.push(change));
    for (let at = 0; at < 50; at += 1) run(admission, bash(`s${at % 10}`), 'ada', LATE);
    expect(run(admission, bash('new'), 'bob')).toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(changes).toContainEqual({ breaker: 'bash', scope: 'global', key: undefined, from: 'closed', to: 'open' });
  });

  it.each<[ProtocolFault | undefined, string]>([
    [undefined, 'success'],
    [{ code: 'CANCELLED', message: 'no' }, 'ignored'],
    [{ code: 'CAPACITY_EXCEEDED', message: 'no' }, 'ignored'],
    [{ code: 'SESSION_NOT_FOUND', message: 'no' }, 'ignored'],
    [{ code: 'SPAWN_FAILED', message: 'no', details: { reason: 'cwd-not-found' } }, 'ignored'],
    [{ code: 'SPAWN_FAILED', message: 'no', details: { reason: 'arguments-too-long' } }, 'ignored'],
    [{ code: 'SPAWN_FAILED', message: 'no', details: { reason: 'out-of-resources' } }, 'failure'],
    [LATE, 'failure'],
  ])('takes %j for %s', (fault, expected) => {
    run(desk.admissionWith(LIMITS), bash('s'), 'ada', fault);
    expect(desk.told).toContain(`bash ${expected}`);
  });

  it('is not there when it is switched off', () => {
    const admission = desk.admissionWith({ ...LIMITS, bashTimeoutsPerSession: null });
    for (let time = 0; time < 100; time += 1) expect(run(admission, bash('s'), 'ada', LATE)).toBeUndefined();
    expect(admission.snapshot().breakers).toEqual([]);
  });
});
