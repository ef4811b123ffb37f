import type { Command, ProtocolFault } from '@sessiond/protocol';
import fc from 'fast-check';
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NumberOption } from '../config/option-spec.ts';
import { OPTIONS } from '../config/options.ts';
import { Admission, type AdmissionLimits, type AdmittedCommand } from './admission.ts';
import type { AdmissionObserver } from './admission-observer.ts';
import type { AskedModel, SessionTraits } from './breaker-rules.ts';
import type { CommandRefusal } from './command-refusal.ts';
import { NO_LIMITS } from './limits-fixture.ts';

const MINUTE_MS = 60_000;
const CREATE: Command = { type: 'create_session', kind: 'pty' };
const LIST: Command = { type: 'list_sessions' };

let now: number;
let told: string[];
let logged: string[];
beforeEach(() => {
  // Clocks are not whole numbers.
  now = 1_000_000.4;
  told = [];
  logged = [];
});

const observer: AdmissionObserver = {
  limiterDecided: (limiter, decision) => told.push(`${limiter} ${decision}`),
  limiterRefunded: (limiter, result) => told.push(`${limiter} ${result}`),
  breakerCalled: (breaker, outcome) => told.push(`${breaker} ${outcome}`),
  breakerTransitioned: (breaker, scope, from, to) => told.push(`${breaker} ${scope} ${from}>${to}`),
  bulkheadWaited: (bulkhead, waitMs) => told.push(`${bulkhead} ${waitMs}`),
  bulkheadRefused: (bulkhead) => told.push(`${bulkhead} refused`),
};

function admissionWith(limits: Partial<AdmissionLimits>): Admission {
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => logged.push(line) });
  return new Admission({ limits: { ...NO_LIMITS, ...limits }, logger, observer, now: () => now });
}

/** The command if it was let in. */
function admitted(answer: AdmittedCommand | CommandRefusal): AdmittedCommand {
  if (!answer.ok) throw new Error(`not let in: ${answer.fault.code}`);
  return answer;
}

/** Why a command was not let in. */
function fault(answer: AdmittedCommand | CommandRefusal): ProtocolFault | undefined {
  return answer.ok ? undefined : answer.fault;
}

function traits(instance: string, model?: AskedModel): SessionTraits {
  return { instanceOf: () => instance, modelOf: () => model };
}

/** Lets a command in, run and end. */
function run(
  admission: Admission,
  command: Command,
  principal: string,
  outcome?: ProtocolFault,
  instance = 'st-1',
): ProtocolFault | undefined {
  const answer = admission.admit(command, principal);
  if (!answer.ok) return answer.fault;
  const refusal = answer.begin(traits(instance));
  if (refusal !== undefined) return refusal.fault;
  answer.end(outcome);
  answer.leave();
  return undefined;
}

function runs(admission: Admission, command: Command, principal: string, times: number): number {
  let passed = 0;
  for (let time = 0; time < times; time += 1) if (run(admission, command, principal) === undefined) passed += 1;
  return passed;
}

describe('budgets', () => {
  it('[R12] refuse the command that is one too many, say when to come back, and mean it', () => {
    const admission = admissionWith({ dataCommandsPerMinute: 100 });
    expect(runs(admission, CREATE, 'ada', 100)).toBe(100);
    const refusal = run(admission, CREATE, 'ada')!;
    expect(refusal).toEqual({
      code: 'RATE_LIMITED',
      message: 'Cannot run the command: the budget is used up, allowed per minute are 100 data commands',
      details: { limiter: 'data' },
      retryAfterMs: expect.any(Number),
    });
    expect(Number.isInteger(refusal.retryAfterMs)).toBe(true);
    now += refusal.retryAfterMs! - 2;
    expect(run(admission, CREATE, 'ada')?.retryAfterMs).toBeLessThanOrEqual(2);
    now += 2;
    expect(run(admission, CREATE, 'ada')).toBeUndefined();
  });

  it('are told apart by principal, and data commands from control commands', () => {
    const admission = admissionWith({ dataCommandsPerMinute: 1, controlCommandsPerMinute: 2 });
    expect(runs(admission, CREATE, 'ada', 5)).toBe(1);
    expect(runs(admission, LIST, 'ada', 5)).toBe(2);
    expect(runs(admission, CREATE, 'bob', 5)).toBe(1);
    expect(runs(admission, LIST, 'bob', 5)).toBe(2);
  });

  it('give no new one to a creation because it names another session', () => {
    const admission = admissionWith({ dataCommandsPerMinute: 3 });
    const answers = Array.from({ length: 5 }, (_, at) => run(admission, { ...CREATE, sessionId: `s${at}` }, 'ada'));
    expect(answers.map((answer) => answer?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
  });

  it('[R13] let nobody use up the budget of all', () => {
    const admission = admissionWith({ totalCommandsPerMinute: 100, principalSharePercent: 50 });
    expect(runs(admission, LIST, 'ada', 1000)).toBe(50);
    expect(run(admission, LIST, 'ada')).toMatchObject({ details: { limiter: 'principal' } });
    expect(runs(admission, CREATE, 'bob', 1000)).toBe(50);
    expect(run(admission, LIST, 'cid')).toMatchObject({ code: 'RATE_LIMITED', details: { limiter: 'total' } });
    now += (17 / 16) * MINUTE_MS + 1;
    expect(runs(admission, LIST, 'cid', 10)).toBe(10);
  });

  it('[R07] give back what an earlier one granted when a later one refuses', () => {
    const admission = admissionWith({ controlCommandsPerMinute: 10, totalCommandsPerMinute: 4 });
    expect(runs(admission, LIST, 'ada', 100)).toBe(2);
    expect(runs(admission, LIST, 'bob', 100)).toBe(2);
    told.length = 0;
    expect(run(admission, LIST, 'cid')).toMatchObject({ details: { limiter: 'total' } });
    expect(told).toEqual([
      'control granted',
      'principal granted',
      'total refused',
      'principal refunded',
      'control refunded',
    ]);
    // A hundred refusals have cost nothing: once the total is free, the other budgets are still whole.
    for (let time = 0; time < 100; time += 1) run(admission, LIST, 'cid');
    now += (17 / 16) * MINUTE_MS + 1;
    expect(runs(admission, LIST, 'cid', 100)).toBe(2);
  });

  it('let nothing pass at 0, for which no wait helps', () => {
    const admission = admissionWith({ dataCommandsPerMinute: 0, totalCommandsPerMinute: 0 });
    expect(run(admission, CREATE, 'ada')).toEqual({
      code: 'RATE_LIMITED',
      message: 'Cannot run the command: the budget is used up, allowed per minute are 0 data commands',
      details: { limiter: 'data' },
    });
    expect(run(admission, LIST, 'ada')).not.toHaveProperty('retryAfterMs');
  });

  it('decide nothing when they are off', () => {
    const admission = admissionWith({});
    expect(runs(admission, LIST, 'ada', 20_000)).toBe(20_000);
    expect(told).toEqual([]);
    expect(admission.snapshot().limiters.map(({ limitPerMinute }) => limitPerMinute)).toEqual(Array(5).fill(null));
  });

  it('round the share of a principal up, so that it is never nothing', () => {
    const admission = admissionWith({ totalCommandsPerMinute: 3, principalSharePercent: 1 });
    expect(runs(admission, LIST, 'ada', 10)).toBe(1);
  });
});

describe('what is taken and given back', () => {
  it('is given back by a command that is withdrawn, once', () => {
    const admission = admissionWith({ dataCommandsPerMinute: 1, maxInflightPerPrincipal: 1 });
    const first = admitted(admission.admit(CREATE, 'ada'));
    first.withdraw();
    first.withdraw();
    first.leave();
    const second = admitted(admission.admit(CREATE, 'ada'));
    expect(fault(admission.admit(CREATE, 'ada'))?.code).toBe('RATE_LIMITED');
    // The first one is long gone: withdrawing it again gives nothing of the second one back.
    first.withdraw();
    expect(fault(admission.admit(CREATE, 'ada'))?.code).toBe('RATE_LIMITED');
    second.withdraw();
    expect(told.filter((line) => /refunded|late/.test(line))).toEqual(['data refunded', 'data refunded']);
  });

  it('is not given back to a window that is over', () => {
    const admission = admissionWith({ controlCommandsPerMinute: 1 });
    const late = admitted(admission.admit(LIST, 'ada'));
    now += 2 * MINUTE_MS;
    expect(run(admission, LIST, 'ada')).toBeUndefined();
    late.withdraw();
    expect(told.filter((line) => line.startsWith('control'))).toEqual([
      'control granted',
      'control granted',
      'control late',
    ]);
    expect(run(admission, LIST, 'ada')?.code).toBe('RATE_LIMITED');
  });

  it('is used by a command that began, however it ended', () => {
    const admission = admissionWith({ controlCommandsPerMinute: 3 });
    for (const code of ['TIMEOUT', 'CANCELLED', 'SESSION_NOT_FOUND'] as const) {
      expect(run(admission, LIST, 'ada', { code, message: 'no' })).toBeUndefined();
    }
    expect(run(admission, LIST, 'ada')?.code).toBe('RATE_LIMITED');
  });
});

describe('places', () => {
  it('[R12] are refused when they are taken, and cost no budget', () => {
    const admission = admissionWith({ controlCommandsPerMinute: 3, maxInflightPerPrincipal: 2 });
    const [first] = [admission.admit(LIST, 'ada'), admission.admit(LIST, 'ada')];
    for (let time = 0; time < 10; time += 1) {
      expect(fault(admission.admit(LIST, 'ada'))).toEqual({
        code: 'QUEUE_FULL',
        message: 'Cannot take the command: too many of one principal are in flight, allowed are 2',
        details: { bulkhead: 'principal' },
      });
    }
    admitted(first).leave();
    expect(fault(admission.admit(LIST, 'ada'))).toBeUndefined();
    expect(fault(admission.admit(LIST, 'ada'))?.code).toBe('RATE_LIMITED');
  });

  it('[R13] of one principal leave room for others, up to the bound for all', () => {
    const admission = admissionWith({ maxInflightPerPrincipal: 2, maxInflightCommands: 3 });
    const answers = ['ada', 'ada', 'ada', 'bob', 'cid'].map((principal) => fault(admission.admit(LIST, principal)));
    expect(answers.map((answer) => answer?.details)).toEqual([
      undefined,
      undefined,
      { bulkhead: 'principal' },
      undefined,
      { bulkhead: 'commands' },
    ]);
    expect(told.filter((line) => line.endsWith('refused'))).toEqual(['principal refused', 'commands refused']);
  });

  it('are as many as there are commands, whatever order they come and go in', () => {
    const principals = ['ada', 'bob', 'cid'];
    const step = fc.record({ leave: fc.boolean(), pick: fc.nat(), by: fc.constantFrom(...principals) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const admission = admissionWith({ maxInflightPerPrincipal: 3, maxInflightCommands: 7 });
        const inFlight: { by: string; command: AdmittedCommand }[] = [];
        for (const { leave, pick, by } of steps) {
          if (leave && inFlight.length > 0) {
            const [gone] = inFlight.splice(pick % inFlight.length, 1);
            if (pick % 2 === 0) gone!.command.leave();
            else gone!.command.withdraw();
            gone!.command.leave();
          } else {
            const own = inFlight.filter((entry) => entry.by === by).length;
            const answer = admission.admit(LIST, by);
            expect(answer.ok).toBe(own < 3 && inFlight.length < 7);
            if (answer.ok) inFlight.push({ by, command: answer });
          }
          expect(admission.snapshot().bulkheads[0]).toMatchObject({ name: 'commands', usage: inFlight.length });
        }
      }),
    );
  });
});

describe('the breaker before programs', () => {
  const EXHAUSTED: ProtocolFault = { code: 'SPAWN_FAILED', message: 'no', details: { reason: 'out-of-resources' } };
  const LIMITS = { spawnFailuresPerPrincipal: 3, spawnFailuresTotal: 15, spawnPauseMs: 30_000 };

  it('[R12] opens for a principal after so many failures, says for how long, and lets probes through then', () => {
    const admission = admissionWith(LIMITS);
    for (let time = 0; time < 3; time += 1) expect(run(admission, CREATE, 'ada', EXHAUSTED)).toBeUndefined();
    expect(run(admission, CREATE, 'ada')).toEqual({
      code: 'CIRCUIT_OPEN',
      message: 'Cannot run the command: programs could not be started lately',
      details: { breaker: 'spawn' },
      retryAfterMs: 30_000,
    });
    expect(admission.health()).toEqual({ name: 'breakers', status: 'degraded', message: 'spawn is open for 1 of 1.' });
    now += 30_000;
    // Also when nobody has tried yet: what is over is over.
    expect(admission.health()).toEqual({ name: 'breakers', status: 'ok' });
    expect([run(admission, CREATE, 'ada'), run(admission, CREATE, 'ada')]).toEqual([undefined, undefined]);
    expect(admission.health()).toEqual({ name: 'breakers', status: 'ok' });
    expect(told.filter((line) => line.includes('>'))).toEqual([
      'spawn key closed>open',
      'spawn key open>halfOpen',
      'spawn key halfOpen>closed',
    ]);
    expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 40, event: 'breaker', breaker: 'spawn', key: 'ada', to: 'open' },
      { level: 30, event: 'breaker', to: 'halfOpen' },
      { level: 30, event: 'breaker', to: 'closed' },
    ]);
  });

  it('[R13] opens for nobody else, until it happens to many', () => {
    const admission = admissionWith(LIMITS);
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
    const admission = admissionWith({ ...LIMITS, spawnFailuresTotal: min });
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
    const admission = admissionWith(LIMITS);
    for (let time = 0; time < 3; time += 1) run(admission, CREATE, 'ada', outcome);
    expect(told.filter((line) => line.startsWith('spawn') && !line.includes('>'))).toEqual(
      Array.from({ length: 3 }, () => `spawn ${expected}`),
    );
    expect(run(admission, CREATE, 'ada')?.code).toBe(expected === 'failure' ? 'CIRCUIT_OPEN' : undefined);
  });

  it('gives budget and place back to what it refuses', () => {
    const admission = admissionWith({ ...LIMITS, dataCommandsPerMinute: 4, maxInflightPerPrincipal: 1 });
    for (let time = 0; time < 3; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    for (let time = 0; time < 100; time += 1) expect(run(admission, CREATE, 'ada')?.code).toBe('CIRCUIT_OPEN');
    now += 30_000;
    expect(run(admission, CREATE, 'ada')).toBeUndefined();
    expect(run(admission, CREATE, 'ada')?.code).toBe('RATE_LIMITED');
  });

  it('is asked when a command begins, not when it is let in', () => {
    const admission = admissionWith(LIMITS);
    const waiting = admitted(admission.admit(CREATE, 'ada'));
    for (let time = 0; time < 3; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    expect(waiting.begin(traits('st-1'))?.fault.code).toBe('CIRCUIT_OPEN');
    expect(admission.snapshot().bulkheads[0]?.usage).toBe(0);
  });

  it('stands before nothing else, and before nothing when it is off', () => {
    const admission = admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) run(admission, CREATE, 'ada', EXHAUSTED);
    expect(run(admission, LIST, 'ada')).toBeUndefined();
    const without = admissionWith({});
    for (let time = 0; time < 100; time += 1) expect(run(without, CREATE, 'ada', EXHAUSTED)).toBeUndefined();
    expect(without.snapshot().breakers).toEqual([]);
  });
});

it('[R13] never limits what tells how the server is or takes work from it, and counts none of it', () => {
  const limits = {
    controlCommandsPerMinute: 0,
    totalCommandsPerMinute: 0,
    maxInflightCommands: 1,
    maxInflightPerPrincipal: 1,
  };
  const admission = admissionWith(limits);
  expect(run(admission, LIST, 'ada')?.code).toBe('RATE_LIMITED');
  told.length = 0;
  const unlimited: Command[] = [
    { type: 'health_check' },
    { type: 'get_metrics' },
    { type: 'cancel_command', commandId: 'c' },
  ];
  for (const command of unlimited) {
    const answers = Array.from({ length: 1000 }, () => admission.admit(command, 'ada'));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(admitted(answers[0]!).begin(traits('st-1'))).toBeUndefined();
  }
  expect(told).toEqual([]);
  expect(admission.snapshot().bulkheads[0]?.usage).toBe(0);
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
    const admission = admissionWith(LIMITS);
    const changes: unknown[] = [];
    admission.onBreakerChanged((change) => changes.push(change));
    for (let time = 0; time < 9; time += 1) run(admission, bash('s'), 'ada', LATE);
    now += 150_000;
    for (let time = 0; time < 10; time += 1) {
      expect(run(admission, bash('s'), time % 2 === 0 ? 'ada' : 'bob', LATE)).toBeUndefined();
    }
    expect(run(admission, bash('s'), 'cid')).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: 30_000 });
    expect(run(admission, bash('other'), 'ada')).toBeUndefined();
    now += 30_000;
    expect([run(admission, bash('s'), 'ada'), run(admission, bash('s'), 'ada')]).toEqual([undefined, undefined]);
    const change = { breaker: 'bash', scope: 'session', key: 's' };
    expect(changes).toEqual([
      { ...change, from: 'closed', to: 'open' },
      { ...change, from: 'open', to: 'halfOpen' },
      { ...change, from: 'halfOpen', to: 'closed' },
    ]);
  });

  it('lets a new session begin anew that has the id of one whose commands were stopped', () => {
    const admission = admissionWith(LIMITS);
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
    const admission = admissionWith(LIMITS);
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
    run(admissionWith(LIMITS), bash('s'), 'ada', fault);
    expect(told).toContain(`bash ${expected}`);
  });

  it('is not there when it is switched off', () => {
    const admission = admissionWith({ ...LIMITS, bashTimeoutsPerSession: null });
    for (let time = 0; time < 100; time += 1) expect(run(admission, bash('s'), 'ada', LATE)).toBeUndefined();
    expect(admission.snapshot().breakers).toEqual([]);
  });
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
    const admission = admissionWith(LIMITS);
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
    now += 30_000;
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
    const admission = admissionWith(LIMITS);
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
    ask(admissionWith(LIMITS), SMALL, failed(provider));
    expect(told).toContain(`provider ${expected}`);
  });

  it.each<ProtocolFault>([
    { code: 'CANCELLED', message: 'no' },
    { code: 'TIMEOUT', message: 'no', timedOut: true },
    { code: 'INVALID_STATE', message: 'no' },
  ])('learns nothing from %j', (fault) => {
    ask(admissionWith(LIMITS), SMALL, fault);
    expect(told).toContain('provider ignored');
  });

  it('takes the first piece of an answer for its success, however long the rest takes', () => {
    const admission = admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) ask(admission, SMALL, FAILED);
    now += 30_000;
    for (const sessionId of ['a', 'b']) {
      expect(begin(admission, SMALL, sessionId)).toBeTypeOf('function');
      admission.modelAnswered(sessionId, 100);
    }
    // Neither prompt is over, and the breaker is closed.
    expect(ask(admission, SMALL)).toBeUndefined();
    expect(admission.snapshot().breakers[0]?.openKeys).toBe(0);
  });

  it('takes a first piece that came too late for a failure, and what follows for nothing more', () => {
    const admission = admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) {
      const end = begin(admission, SMALL);
      admission.modelAnswered('s', 60_001);
      admission.modelAnswered('s', 1);
      if (typeof end === 'function') end();
    }
    expect(told.filter((line) => line === 'provider failure' || line === 'provider success')).toEqual(
      Array(5).fill('provider failure'),
    );
    expect(ask(admission, SMALL)?.code).toBe('CIRCUIT_OPEN');
    // Nobody waits for it.
    admission.modelAnswered('s', 1);
    expect(told).not.toContain('provider success');
  });

  it('opens for a model that hangs however patiently it is asked again, and not for one that answers between', () => {
    const hangs = failed({ provider: 'acme', kind: 'silence' });
    const wait = (admission: Admission, waitMs: number, outcome?: ProtocolFault) => {
      const end = begin(admission, SMALL);
      now += waitMs;
      if (typeof end === 'function') end(outcome);
      // Whoever asks again does not do so at once.
      now += 100_000;
    };
    const patient = { ...LIMITS, agentFirstTokenMs: 600_000 };
    const answering = admissionWith(patient);
    for (let time = 0; time < 20; time += 1) wait(answering, 600_000, time % 4 === 3 ? undefined : hangs);
    expect(ask(answering, SMALL)).toBeUndefined();
    for (const [limits, waitMs] of [
      [patient, 600_000],
      [{ ...LIMITS, agentFirstTokenMs: null }, 3_600_000],
    ] as const) {
      const admission = admissionWith(limits);
      for (let time = 0; time < 4; time += 1) wait(admission, waitMs, hangs);
      const end = begin(admission, SMALL);
      now += waitMs;
      if (typeof end === 'function') end(hangs);
      expect(ask(admission, SMALL)?.code).toBe('CIRCUIT_OPEN');
    }
  });

  it('counts a provider that began to answer and failed after all', () => {
    const admission = admissionWith(LIMITS);
    for (let time = 0; time < 5; time += 1) {
      const end = begin(admission, SMALL);
      admission.modelAnswered('s', 10);
      if (typeof end === 'function') end(FAILED);
    }
    expect(ask(admission, SMALL)?.code).toBe('CIRCUIT_OPEN');
  });

  it('is not there when it is switched off', () => {
    const admission = admissionWith({ ...LIMITS, providerFailures: null });
    for (let time = 0; time < 100; time += 1) expect(ask(admission, SMALL, FAILED)).toBeUndefined();
    expect(admission.snapshot().breakers).toEqual([]);
  });
});

it('[S28] limits the answers to questions of one agent, by whomever, and takes them from no other budget of their sender', () => {
  const admission = admissionWith({ dialogAnswersPerMinute: 60, controlCommandsPerMinute: 5 });
  const answer = (sessionId: string): Command => ({ type: 'extension_ui_response', sessionId, requestId: 'd-1' });
  expect(runs(admission, answer('a'), 'ada', 40) + runs(admission, answer('a'), 'bob', 40)).toBe(60);
  expect(run(admission, answer('a'), 'cid')).toMatchObject({ code: 'RATE_LIMITED', details: { limiter: 'answers' } });
  expect(runs(admission, answer('b'), 'ada', 80)).toBe(60);
  expect(runs(admission, LIST, 'ada', 10)).toBe(5);
  now += 120_000;
  expect(run(admission, answer('a'), 'ada')).toBeUndefined();
});
