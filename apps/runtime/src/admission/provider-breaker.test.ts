import type { ProtocolFault } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Admission } from './admission.ts';
import { AdmissionDesk, admitted, traits } from './admission-fixture.ts';

let desk: AdmissionDesk;
beforeEach(() => {
  desk = new AdmissionDesk();
});

describe('the breaker before models', () => {
  const LIMITS = {
    providerFailures: 5,
    providerFailureWindowMs: 120_000,
    providerPauseMs: 30_000,
    providerSlowMs: 60_000,
  };
  const FAILED: ProtocolFault = failed({ provider: 'acme', kind: 'http', status: 500 });
  const SMALL = { provider: 'acme', model: 'small' };
  const LARGE = { provider: 'acme', model: 'large' };

  function failed(provider: object | undefined): ProtocolFault {
    return { code: 'AGENT_FAILED', message: 'no', ...(provider !== undefined && { details: { provider } }) };
  }

  /** Lets a prompt begin; what it gives ends it. */
  function begin(admission: Admission, model: typeof SMALL | undefined, sessionId = 's') {
    const answer = admitted(admission.admit({ type: 'prompt', sessionId, message: 'hi' }, 'ada'));
    const refusal = answer.begin(traits('st-1', model));
    if (refusal !== undefined) return refusal.fault;
    return (outcome?: ProtocolFault) => {
      answer.end(outcome);
      answer.leave();
    };
  }

  function ask(
    admission: Admission,
    model: typeof SMALL | undefined,
    outcome?: ProtocolFault,
  ): ProtocolFault | undefined {
    const end = begin(admission, model);
    if (typeof end !== 'function') return end;
    end(outcome);
    return undefined;
  }

  it('[S32] opens for one model after five failures of its provider, for all who ask it, and for no other', () => {
    const admission = desk.admissionWith(LIMITS);
    const changes: unknown[] = [];
    admission.onBreakerChanged((change) => changes.push(change));
    for (let time = 0; time < 5; time += 1) expect(ask(admission, SMALL, FAILED)).toBeUndefined();
    expect(ask(admission, SMALL)).toEqual({
      code: 'CIRCUIT_OPEN',
      message: 'Cannot run the command: the provider of the model failed lately',
      details: { breaker: 'provider' },
      retryAfterMs: 30_000,
    });
    expect(ask(admission, LARGE)).toBeUndefined();
    expect(admission.snapshot().breakers).toMatchObject([{ name: 'provider', state: 'closed', keys: 2, openKeys: 1 }]);
    expect(admission.health()).toMatchObject({ status: 'degraded', message: 'provider is open for 1 of 2.' });
    desk.now += 30_000;
    expect([ask(admission, SMALL), ask(admission, SMALL)]).toEqual([undefined, undefined]);
    const change = { breaker: 'provider', scope: 'provider', key: 'acme/small' };
    expect(changes).toEqual([
      { ...change, from: 'closed', to: 'open' },
      { ...change, from: 'open', to: 'halfOpen' },
      { ...change, from: 'halfOpen', to: 'closed' },
    ]);
    expect(admission.health().status).toBe('ok');
  });

  it('stands before compacting too, and before nothing whose model is not known', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) ask(admission, SMALL, FAILED);
    const compact = admitted(admission.admit({ type: 'compact', sessionId: 's' }, 'ada'));
    expect(compact.begin(traits('st-1', SMALL))?.fault.code).toBe('CIRCUIT_OPEN');
    for (let time = 0; time < 10; time += 1) expect(ask(admission, undefined, FAILED)).toBeUndefined();
  });

  it.each<[object | undefined, string]>([
    [{ provider: 'acme', kind: 'http', status: 500 }, 'failure'],
    [{ provider: 'acme', kind: 'http', status: 429 }, 'failure'],
    [{ provider: 'acme', kind: 'http', status: 401 }, 'ignored'],
    [{ provider: 'acme', kind: 'http', status: 400 }, 'ignored'],
    [{ provider: 'acme', kind: 'network' }, 'failure'],
    [{ provider: 'acme', kind: 'silence' }, 'failure'],
    [{ provider: 'acme', kind: 'unknown' }, 'failure'],
    [undefined, 'ignored'],
  ])('takes a failure by %j for %s', (provider, expected) => {
    ask(desk.admissionWith(LIMITS), SMALL, failed(provider));
    expect(desk.told).toContain(`provider ${expected}`);
  });

  it.each<ProtocolFault>([
    { code: 'CANCELLED', message: 'no' },
    { code: 'TIMEOUT', message: 'no', timedOut: true },
    { code: 'INVALID_STATE', message: 'no' },
  ])('learns nothing from %j', (fault) => {
    ask(desk.admissionWith(LIMITS), SMALL, fault);
    expect(desk.told).toContain('provider ignored');
  });

  it('takes the first piece of an answer for its success, however long the rest takes', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) ask(admission, SMALL, FAILED);
    desk.now += 30_000;
    for (const sessionId of ['a', 'b']) {
      expect(begin(admission, SMALL, sessionId)).toBeTypeOf('function');
      admission.modelAnswered(sessionId, 100);
    }
    // Neither prompt is over, and the breaker is closed.
    expect(ask(admission, SMALL)).toBeUndefined();
    expect(admission.snapshot().breakers[0]?.openKeys).toBe(0);
  });

  it('takes a first piece that came too late for a failure, and what follows for nothing more', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) {
      const end = begin(admission, SMALL);
      admission.modelAnswered('s', 60_001);
      admission.modelAnswered('s', 1);
      if (typeof end === 'function') end();
    }
    expect(desk.told.filter((line) => line === 'provider failure' || line === 'provider success')).toEqual(
      Array(5).fill('provider failure'),
    );
    expect(ask(admission, SMALL)?.code).toBe('CIRCUIT_OPEN');
    // Nobody waits for it.
    admission.modelAnswered('s', 1);
    expect(desk.told).not.toContain('provider success');
  });

  it('opens for a model that hangs however patiently it is asked again, and not for one that answers between', () => {
    const hangs = failed({ provider: 'acme', kind: 'silence' });
    const wait = (admission: Admission, waitMs: number, outcome?: ProtocolFault) => {
      const end = begin(admission, SMALL);
      desk.now += waitMs;
      if (typeof end === 'function') end(outcome);
      // Whoever asks again does not do so at once.
      desk.now += 100_000;
    };
    const patient = { ...LIMITS, agentFirstTokenMs: 600_000 };
    const answering = desk.admissionWith(patient);
    for (let time = 0; time < 20; time += 1) wait(answering, 600_000, time % 4 === 3 ? undefined : hangs);
    expect(ask(answering, SMALL)).toBeUndefined();
    for (const [limits, waitMs] of [
      [patient, 600_000],
      [{ ...LIMITS, agentFirstTokenMs: null }, 3_600_000],
    ] as const) {
      const admission = desk.admissionWith(limits);
      for (let time = 0; time < 4; time += 1) wait(admission, waitMs, hangs);
      const end = begin(admission, SMALL);
      desk.now += waitMs;
      if (typeof end === 'function') end(hangs);
      expect(ask(admission, SMALL)?.code).toBe('CIRCUIT_OPEN');
    }
  });

  it('counts a provider that began to answer and failed after all', () => {
    const admission = desk.admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) {
      const end = begin(admission, SMALL);
      admission.modelAnswered('s', 10);
      if (typeof end === 'function') end(FAILED);
    }
    expect(ask(admission, SMALL)?.code).toBe('CIRCUIT_OPEN');
  });

  it('is not there when it is switched off', () => {
    const admission = desk.admissionWith({ ...LIMITS, providerFailures: null });
    for (let time = 0; time < 100; time += 1) expect(ask(admission, SMALL, FAILED)).toBeUndefined();
    expect(admission.snapshot().breakers).toEqual([]);
  });
});
