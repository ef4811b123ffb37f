import { setImmediate as turn } from 'node:timers/promises';
import { type AgentBackend, AgentFailedError, type AgentOwner, AgentUnavailableError } from '@sessiond/agent-core';
import { FakeBackend } from '@sessiond/agent-core/fake';
import pino from 'pino';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { AgentHosting } from '../../agents/agent-hosting.ts';
import { unobservedAgents } from '../../agents/agent-observer.ts';
import { Containment } from '../../containment.ts';
import { causeOf } from '../cause.ts';
import type { SessionEvent } from '../session-host.ts';
import type { SessionRecord } from '../session-record.ts';
import { SessionRegistry } from '../session-registry.ts';
import type { AgentSession } from './agent-session.ts';
import { AgentSessions } from './agent-sessions.ts';

const never = new AbortController().signal;
const cause = causeOf('ada', { id: 'c-1' });

let told: SessionEvent[];
let records: Map<string, SessionRecord>;
let registry: SessionRegistry;
let terminalsEnded: string[];

function hosting(backend: AgentBackend): AgentHosting {
  return {
    backends: new Map([[backend.name, backend]]),
    roots: [],
    environment: (requested) => ({ env: { KEY: 'k', ...requested }, toolEnv: { ...requested } }),
    observer: unobservedAgents,
    shell: { run: async () => ({ exitCode: 0 }) },
    endTerminals: async (sessionId) => void terminalsEnded.push(sessionId),
    maxSessions: 2,
    abortMs: 100,
    dialogTimeoutMs: null,
    maxDialogsPerSession: 4,
    maxDialogs: 4,
    logEvents: 1000,
    logBytes: 65_536,
  };
}

/** The sessions of agents of one kind. */
function sessionsOf(backend: AgentBackend, limits: Partial<AgentHosting> = {}): AgentSessions {
  const sessions = new AgentSessions({
    agents: { ...hosting(backend), ...limits },
    registry,
    retentionMs: 60_000,
    hooks: {
      onEvent: (event) => registry.emit(event),
      onChanged: (session) => registry.record(session),
      onUnattached: (session) => registry.unattached(session),
    },
  });
  onTestFinished(() => sessions.close(100));
  return sessions;
}

function open(sessions: AgentSessions, sessionId = 'a', signal = never): Promise<AgentSession> {
  const agent = { backend: 'fake' };
  return sessions.open({ sessionId, cwd: '/tmp', agent, env: { MINE: '1' } }, cause, signal);
}

/** A kind of agent that opens none. */
function broken(fail: (owner: AgentOwner, signal: AbortSignal) => Promise<never>): AgentBackend {
  return {
    name: 'fake',
    open: (_request, owner, signal) => fail(owner, signal),
    stored: async () => [],
    snapshot: () => ({ agents: 0, processes: 0, restarting: 0, restarts: 0, crashes: 0 }),
    close: async () => {},
    killAll: () => {},
  };
}

beforeEach(() => {
  told = [];
  terminalsEnded = [];
  records = new Map();
  registry = new SessionRegistry({
    maxSessions: { pty: 0, agent: 2 },
    maxLifetimeMs: null,
    maxIdleMs: null,
    records: {
      keep: (sessionId, read) => void records.set(sessionId, read()),
      forget: (sessionId) => void records.delete(sessionId),
    },
    containment: new Containment(pino({ level: 'silent' })),
    onRemoved: () => {},
    onForgotten: () => {},
  });
  registry.onEvent((event) => told.push(event));
  onTestFinished(() => registry.close());
});

it('has a session once its agent can be talked to, and tells of it with everything there is to know', async () => {
  const session = await open(sessionsOf(new FakeBackend()));
  expect(registry.get('a')).toBe(session);
  expect(told).toMatchObject([
    { sessionId: 'a', owner: 'ada', correlationId: 'c-1', event: { type: 'session_created', session: session.info() } },
  ]);
  expect(session.info()).toMatchObject({ kind: 'agent', state: 'idle', version: 1, backend: 'fake', start: 1 });
  expect(session.provider).toEqual({ provider: 'fake', model: 'small' });
  expect(session.env).toEqual({ MINE: '1' });
  expect(records.get('a')).toMatchObject({ info: { sessionId: 'a', attached: 0 }, agent: { backend: 'fake' } });
});

it.each<[string, () => Error, object]>([
  ['is missing', () => new AgentUnavailableError('Install it'), { code: 'AGENT_UNAVAILABLE', message: 'Install it' }],
  ['fails', () => new AgentFailedError('It failed'), { code: 'AGENT_FAILED', message: 'It failed' }],
  ['has a defect', () => new TypeError('x is undefined'), { name: 'TypeError' }],
])('leaves nothing of a session whose agent %s', async (_, error, expected) => {
  const sessions = sessionsOf(broken(async () => Promise.reject(error())));
  await expect(open(sessions)).rejects.toMatchObject(expected);
  expect([registry.count('agent'), told, [...records]]).toEqual([0, [], []]);
  await expect(open(sessions)).rejects.toMatchObject(expected);
});

it('says which kinds of agents there are', async () => {
  const sessions = sessionsOf(new FakeBackend());
  const request = { sessionId: 'a', cwd: '/tmp', agent: { backend: 'pi' } };
  await expect(sessions.open(request, cause, never)).rejects.toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    message: 'Cannot use agents of pi: this server has agents of fake',
    details: { field: 'agent.backend', backends: ['fake'] },
  });
});

it('counts what is being opened as well, and takes an attempt back that is given up', async () => {
  const sessions = sessionsOf(
    broken(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    ),
  );
  const abort = new AbortController();
  const [one, two] = [open(sessions, 'a', abort.signal), open(sessions, 'b', abort.signal)];
  await expect(open(sessions, 'c')).rejects.toMatchObject({ code: 'SESSION_LIMIT' });
  await expect(open(sessions, 'a')).rejects.toMatchObject({ code: 'SESSION_EXISTS' });
  abort.abort(new Error('given up'));
  await expect(one).rejects.toThrow('given up');
  await expect(two).rejects.toThrow('given up');
  const again = open(sessions, 'c', AbortSignal.timeout(1));
  await expect(again).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('lets the oldest finished session give way, once for each new one, and only when there is one', async () => {
  const sessions = sessionsOf(new FakeBackend());
  const first = await open(sessions, 'a');
  await open(sessions, 'b');
  await expect(open(sessions, 'c')).rejects.toMatchObject({ code: 'SESSION_LIMIT' });
  await first.terminate(0);
  const opened = await Promise.allSettled([open(sessions, 'c'), open(sessions, 'd')]);
  expect(opened.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(registry.all().map(({ sessionId }) => sessionId)).toEqual(['b', 'c']);
});

it('ends an agent that is opened while the server ends', async () => {
  const backend = new FakeBackend();
  let proceed = (): void => {};
  const sessions = sessionsOf({
    ...broken(() => Promise.reject(new Error('unused'))),
    open: async (request, owner, signal) => {
      await new Promise<void>((resolve) => {
        proceed = resolve;
      });
      return backend.open(request, owner, signal);
    },
  });
  const opening = open(sessions);
  await turn();
  registry.seal();
  proceed();
  await expect(opening).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  expect(backend.snapshot().agents).toBe(0);
});

it('tells why an agent is over, once, and takes nothing afterwards', async () => {
  const session = await open(sessionsOf(new FakeBackend()));
  const { end } = session.info();
  expect(await session.terminate(0)).toMatchObject({
    exit: { exitCode: null, signal: null, reason: 'terminated' },
    endOffset: session.info().end,
  });
  await session.end('expired');
  await session.stopped;
  expect(session.info()).toMatchObject({ state: 'stopped', exit: { reason: 'terminated' } });
  expect(session.info().end).toBeGreaterThan(end);
  expect(terminalsEnded).toContain('a');
  expect(records.get('a')).toMatchObject({ info: { state: 'stopped' } });
  await expect(session.carryOut({ type: 'abort', sessionId: 'a' }, cause, never)).rejects.toMatchObject({
    code: 'INVALID_STATE',
  });
  expect((await session.rename('late', never)).name).toBe('late');
});

it('stops a session whose agent could not be kept running', async () => {
  let owner: AgentOwner | undefined;
  const backend = new FakeBackend();
  const sessions = sessionsOf({
    ...broken(() => Promise.reject(new Error('unused'))),
    open: (request, given, signal) => {
      owner = given;
      return backend.open(request, given, signal);
    },
    close: (deadlineMs) => backend.close(deadlineMs),
  });
  const session = await open(sessions);
  owner!.onEvent({ type: 'agent_stopped', reason: 'failed', errorMessage: 'it died five times' });
  await session.stopped;
  expect(session.info()).toMatchObject({ state: 'stopped', exit: { reason: 'failed' } });
  expect(terminalsEnded).toEqual(['a']);
});

it('is not quiet while it works, and counts what changes it', async () => {
  const session = await open(sessionsOf(new FakeBackend()));
  expect(session.quietMs).toBeGreaterThan(0);
  const prompted = session.carryOut({ type: 'prompt', sessionId: 'a', message: 'hang' }, cause, never);
  await turn();
  expect(session.quietMs).toBe(0);
  await session.carryOut({ type: 'abort', sessionId: 'a' }, cause, never);
  await expect(prompted).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(session.facts().version).toBe(1);
  await session.carryOut({ type: 'set_thinking_level', sessionId: 'a', level: 'high' }, cause, never);
  expect(session.facts()).toMatchObject({ owner: 'ada', version: 2 });
});

it('answers with the end of a long reply', async () => {
  const session = await open(sessionsOf(new FakeBackend()));
  const message = `echo ${'x'.repeat(1024 * 1024)} and so on`;
  const prompt = { type: 'prompt', sessionId: 'a', message } as const;
  const data = await session.carryOut<'prompt'>(prompt, cause, never);
  expect([data.truncated, data.text.length]).toEqual([true, 1024 * 1024]);
  expect(data.text.endsWith('x and so on')).toBe(true);
});

it('leaves no id taken by a session that could not even be begun', async () => {
  const sessions = sessionsOf(new FakeBackend(), { logEvents: -1 });
  for (let i = 0; i < 3; i++) await expect(open(sessions)).rejects.toThrow('maxEvents');
  expect((await open(sessionsOf(new FakeBackend()))).sessionId).toBe('a');
});

it('ends an agent that was opened after the attempt was given up', async () => {
  const backend = new FakeBackend();
  const abort = new AbortController();
  const sessions = sessionsOf({
    ...broken(() => Promise.reject(new Error('unused'))),
    open: async (request, owner) => {
      const agent = await backend.open(request, owner, never);
      abort.abort(new Error('given up'));
      return agent;
    },
  });
  await expect(open(sessions, 'a', abort.signal)).rejects.toThrow('given up');
  expect([registry.count('agent'), told, backend.snapshot().agents]).toEqual([0, [], 0]);
});

it('lets agents ask nobody where no questions are allowed', async () => {
  const sessions = sessionsOf(new FakeBackend(), { maxDialogsPerSession: 0 });
  const session = await open(sessions);
  const prompt = { type: 'prompt', sessionId: 'a', message: 'dialog confirm' } as const;
  expect(await session.carryOut<'prompt'>(prompt, cause, never)).toMatchObject({ stopReason: 'stop' });
  expect(session.pendingDialogs).toBe(0);
});
