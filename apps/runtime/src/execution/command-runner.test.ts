import { type Command, type ErrorCode, ProtocolError, type ResponseDataOf, type SessionInfo } from '@sessiond/protocol';
import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { Admission, type AdmissionLimits } from '../admission/admission.ts';
import { NO_LIMITS } from '../admission/limits-fixture.ts';
import type { CommandContext, CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandLanes } from './command-lanes.ts';
import { CommandRunner } from './command-runner.ts';
import type { CommandFacts } from './command-tracer.ts';
import { type OutcomeLimits, OutcomeStore } from './outcome-store.ts';
import { SessionLocks } from './session-locks.ts';

/** One creation that began, to be ended by the test. */
interface Begun {
  readonly id: string;
  readonly signal: AbortSignal;
  end(): void;
}

const LIMITS: AdmissionLimits = {
  ...NO_LIMITS,
  dataCommandsPerMinute: 10,
  controlCommandsPerMinute: 10,
  totalCommandsPerMinute: 100,
  maxInflightCommands: 10,
  maxInflightPerPrincipal: 5,
  spawnFailuresPerPrincipal: 2,
  spawnFailuresTotal: 10,
};
const OUTCOMES: OutcomeLimits = {
  maxOutcomes: 100,
  outcomeBytes: 1_000_000,
  maxIdempotencyKeys: 100,
  idempotencyBytes: 1_000_000,
  idempotencyMs: 600_000,
};
const MAX_WAITING = 2;
/** Longer than any test, but for the one that waits for its end. */
const MAX_WAIT_MS = 600_000;

let begun: Begun[];
let told: string[];
let runner: CommandRunner;
beforeEach(() => {
  begun = [];
  told = [];
  runner = runnerWith({});
});

function runnerWith(limits: Partial<AdmissionLimits>, maxWaitMs: number = MAX_WAIT_MS): CommandRunner {
  const logger = pino({ level: 'silent' });
  const observer = {
    limiterDecided: () => {},
    limiterRefunded: (limiter: string, result: string) => told.push(`${limiter} ${result}`),
    breakerCalled: () => {},
    breakerTransitioned: () => {},
    bulkheadWaited: (bulkhead: string, waitMs: number) => told.push(`${bulkhead} ${waitMs > 0 ? 'waited' : 'free'}`),
    bulkheadRefused: (bulkhead: string) => told.push(`${bulkhead} refused`),
  };
  const host = { facts: () => ({ owner: 'ada', instance: 'i', version: 1 }) } as unknown as SessionHost;
  const handlers = {
    create_session: (command: Command<'create_session'>, { signal }: { signal: AbortSignal }) =>
      new Promise<ResponseDataOf<'create_session'>>((resolve) => {
        const data = { sessionId: command.sessionId ?? 'new', session: {} as SessionInfo };
        begun.push({ id: command.id ?? '', signal, end: () => resolve(data) });
      }),
    health_check: async () => ({}),
    cancel_command: ({ commandId }: Command<'cancel_command'>, { cancel }: CommandContext) => ({
      commandId,
      cancelled: cancel(commandId),
    }),
    get_state: async () => {
      throw new TypeError('a defect');
    },
  } as unknown as CommandHandlers;
  return new CommandRunner({
    host,
    authorizer: { fault: () => undefined, covers: () => true, maySee: () => true },
    handlers,
    server: {} as ServerFacts,
    admission: new Admission({ limits: { ...LIMITS, ...limits }, logger, observer }),
    locks: new SessionLocks({ maxWaiting: 10, maxWaitMs }),
    outcomes: new OutcomeStore({ limits: OUTCOMES }),
    lanes: new CommandLanes({ maxWaiting: MAX_WAITING, maxWaitMs, observer }),
    logger,
    observer: {
      commandAccepted: () => {},
      commandStarted: ({ type }: CommandFacts) => told.push(`${type} started`),
      commandFinished: ({ type }: CommandFacts, code: string, durationMs: number) =>
        told.push(`${type} ${code}${durationMs === 0 ? ' at once' : ''}`),
      messageRefused: (type: string, code: ErrorCode) => told.push(`${type} refused ${code}`),
    },
  });
}

function issuer(principalId = 'ada'): CommandIssuer {
  return { principal: { id: principalId, scopes: ['*'] } } as unknown as CommandIssuer;
}

/** Creates a session in the lane of its id. */
function create(id: string, fields: Partial<Command<'create_session'>> = {}): Command {
  return { type: 'create_session', kind: 'pty', sessionId: 's', id, ...fields };
}

/** What a command was answered with: of a refusal and of a failure the same. */
interface Answered {
  readonly success: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly code?: ErrorCode;
}

/** The answer to a command, as its sender reads it. */
function run(command: Command, principalId?: string): Promise<Answered> {
  return new Promise((resolve) => runner.run(command, issuer(principalId), ({ text }) => resolve(JSON.parse(text))));
}

/** The code a command ends with. */
async function codeOf(answer: Promise<Answered>): Promise<string> {
  return (await answer).code ?? 'OK';
}

/** @returns whether there was a command of the principal to cancel. */
async function cancel(principalId: string, commandId: string): Promise<boolean> {
  return (await run({ type: 'cancel_command', commandId }, principalId)).data?.['cancelled'] === true;
}

async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function ids(): string[] {
  return begun.map(({ id }) => id);
}

it('runs the data commands of one session one at a time, and those of others beside them', async () => {
  const running = [run(create('a')), run(create('b')), run(create('c', { sessionId: 'other' }))];
  await settle();
  expect(ids()).toEqual(['a', 'c']);
  begun[0]!.end();
  await settle();
  expect(ids()).toEqual(['a', 'c', 'b']);
  for (const { end } of begun) end();
  expect(await Promise.all(running.map(codeOf))).toEqual(['OK', 'OK', 'OK']);
  expect(runner.snapshot()).toMatchObject({
    inFlight: 0,
    admission: { bulkheads: [{ usage: 0 }, { usage: 0 }, { name: 'lane', usage: 0, waiting: 0 }] },
  });
});

it('refuses a data command for which the lane has no room, at once and for nothing', async () => {
  const codes = [run(create('a')), run(create('b')), run(create('c'))].map(codeOf);
  told.length = 0;
  expect(await codeOf(run(create('d')))).toBe('QUEUE_FULL');
  expect(told).toEqual([
    'lane refused',
    'total refunded',
    'principal refunded',
    'data refunded',
    'create_session QUEUE_FULL at once',
  ]);
  expect(runner.snapshot().admission.bulkheads.map(({ usage, waiting }) => [usage, waiting])).toEqual([
    [3, 0],
    [3, 0],
    [1, 2],
  ]);
  void runner.drain(0, new ProtocolError('SHUTTING_DOWN', 'the end'));
  expect(await Promise.all(codes)).toEqual(codes.map(() => 'SHUTTING_DOWN'));
});

it('never runs a command that waited too long, and says so', async () => {
  runner = runnerWith({}, 50);
  const first = run(create('a'));
  const second = run(create('b'));
  expect(await second).toMatchObject({ code: 'TIMEOUT', timedOut: true, details: { started: false } });
  expect(told).toContain('data refunded');
  begun[0]!.end();
  expect(await codeOf(first)).toBe('OK');
  await settle();
  expect(ids()).toEqual(['a']);
});

it('never runs a command that was cancelled in the lane, answers at once, and gives back what it took', async () => {
  runner = runnerWith({ dataCommandsPerMinute: 2 });
  const first = run(create('a'));
  const second = run(create('b'));
  expect(await cancel('bob', 'b')).toBe(false);
  expect(await cancel('ada', 'b')).toBe(true);
  expect(await codeOf(second)).toBe('CANCELLED');
  expect(await cancel('ada', 'b')).toBe(false);
  const third = run(create('c'));
  begun[0]!.end();
  expect(await codeOf(first)).toBe('OK');
  await settle();
  expect(ids()).toEqual(['a', 'c']);
  begun[1]!.end();
  expect(await codeOf(third)).toBe('OK');
  expect(await codeOf(run(create('d')))).toBe('RATE_LIMITED');
});

it('never runs a command that is cancelled in the moment it gets its turn, and lets the next one move up', async () => {
  let handedOver = 0;
  for (let ticks = 0; ticks < 20; ticks += 1) {
    begun = [];
    told = [];
    runner = runnerWith({});
    const codes = [run(create('a')), run(create('b')), run(create('c'))].map(codeOf);
    await settle();
    begun[0]!.end();
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    const hasTurn = runner.snapshot().admission.bulkheads[2]!.waiting === 1;
    const started = (): number => told.filter((line) => line === 'create_session started').length;
    const hadStarted = started() === 2;
    expect(await cancel('ada', 'b')).toBe(true);
    if (hasTurn && !hadStarted) {
      handedOver += 1;
      await settle();
      expect(ids()).toEqual(['a', 'c']);
      expect(started()).toBe(2);
      expect(told).toContain('data refunded');
    }
    for (let round = 0; round < 3; round += 1) {
      for (const { end } of begun) end();
      await settle();
    }
    expect(await Promise.all(codes)).toEqual(['OK', 'CANCELLED', 'OK']);
    expect(runner.snapshot().admission.bulkheads.map(({ usage }) => usage)).toEqual([0, 0, 0]);
  }
  // Or this test would have looked at nothing.
  expect(handedOver).toBeGreaterThan(0);
});

it('[R09] keeps lane and place of a command that was answered while its work goes on', async () => {
  runner = runnerWith({ maxInflightPerPrincipal: 2 });
  const first = run(create('a', { timeoutMs: 1 }));
  const second = run(create('b'));
  expect(await codeOf(first)).toBe('TIMEOUT');
  expect(begun[0]!.signal.aborted).toBe(true);
  expect(runner.snapshot()).toMatchObject({
    inFlight: 1,
    admission: { bulkheads: [{ usage: 2 }, {}, { waiting: 1 }] },
  });
  expect(await codeOf(run(create('c')))).toBe('QUEUE_FULL');
  begun[0]!.end();
  await settle();
  expect(ids()).toEqual(['a', 'b']);
  begun[1]!.end();
  expect(await codeOf(second)).toBe('OK');
});

it('[R12] asks the breaker when a command begins: what waited meanwhile is refused like what comes later', async () => {
  const running = ['x', 'y'].map((sessionId) => run(create(sessionId, { sessionId, timeoutMs: 1 })));
  const waiting = run(create('z', { sessionId: 'x' }));
  expect(await Promise.all(running.map(codeOf))).toEqual(['TIMEOUT', 'TIMEOUT']);
  begun[0]!.end();
  expect(await waiting).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: expect.any(Number) });
  expect(await codeOf(run(create('later', { sessionId: 'other' })))).toBe('CIRCUIT_OPEN');
  expect(ids()).toEqual(['x', 'y']);
  begun[1]!.end();
  await settle();
  expect(runner.snapshot().admission.bulkheads.map(({ usage }) => usage)).toEqual([0, 0, 0]);
});

it('[R13] answers health while everything is exhausted, and after it takes nothing new', async () => {
  const busy = Array.from({ length: 5 }, (_, at) => run(create(`${at}`, { sessionId: `s${at}` })));
  await settle();
  expect(await codeOf(run(create('more')))).toBe('QUEUE_FULL');
  expect(await codeOf(run({ type: 'health_check' }))).toBe('OK');
  void runner.drain(0, new ProtocolError('SHUTTING_DOWN', 'the end'));
  expect(await Promise.all(busy.map(codeOf))).toEqual(busy.map(() => 'SHUTTING_DOWN'));
  expect(await codeOf(run(create('late')))).toBe('SHUTTING_DOWN');
  expect(await codeOf(run({ type: 'health_check' }))).toBe('OK');
});

it('tells of every command once when it began and once how it ended', async () => {
  const running = run(create('a'));
  begun[0]?.end();
  await settle();
  begun[0]!.end();
  await running;
  expect(await codeOf(run({ type: 'get_state', sessionId: 's' }))).toBe('INTERNAL');
  await run({ type: 'list_sessions', id: 'a' });
  runner.refused('resize', 'INVALID_COMMAND');
  runner.refused('__proto__', 'UNKNOWN_COMMAND');
  runner.refused(undefined, 'INVALID_MESSAGE');
  expect(told).toEqual([
    'lane free',
    'create_session started',
    'create_session OK',
    'get_state started',
    'get_state INTERNAL',
    'list_sessions refused ID_CONFLICT',
    'resize refused INVALID_COMMAND',
    'unknown refused UNKNOWN_COMMAND',
    'unknown refused INVALID_MESSAGE',
  ]);
});
