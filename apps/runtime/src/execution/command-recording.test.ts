import { type Command, ProtocolError } from '@sessiond/protocol';
import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { Admission, type AdmissionLimits } from '../admission/admission.ts';
import { bashCommands } from '../commands/bash-commands.ts';
import type { CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { AcceptedCommand, CommandJournal, FinishedCommand } from '../journal/command-journal.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandLanes } from './command-lanes.ts';
import { CommandRunner } from './command-runner.ts';
import { digestOf } from './fingerprint.ts';
import { OutcomeStore } from './outcome-store.ts';
import { SessionLocks } from './session-locks.ts';

type Answer = Readonly<Record<string, unknown>>;

const UNAVAILABLE = new ProtocolError('JOURNAL_UNAVAILABLE', 'The disk is full');
const rename: Command<'set_session_name'> = { type: 'set_session_name', id: 'a', sessionId: 's', name: 'x' };

let story: string[];
let accepted: AcceptedCommand[];
let finished: FinishedCommand[];
/** What the journal does; by default everything is durable at once. */
let journal: {
  accept: () => void;
  durable: Promise<void> | undefined;
  finish: Promise<void> | undefined;
};
let runner: CommandRunner;

beforeEach(() => {
  story = [];
  accepted = [];
  finished = [];
  journal = { accept: () => {}, durable: undefined, finish: undefined };
  const logger = pino({ level: 'silent' });
  const fake: CommandJournal = {
    mode: 'sync',
    accept: (command) => {
      journal.accept();
      accepted.push(command);
      story.push('accepted');
      return {
        number: accepted.length,
        durable: journal.durable,
        finish: (outcome) => {
          finished.push(outcome);
          story.push('finished');
          return journal.finish;
        },
        withdraw: () => void story.push('withdrawn'),
      };
    },
  };
  const limits = { principalSharePercent: 100, maxInflightCommands: null, maxInflightPerPrincipal: null };
  const none = { dataCommandsPerMinute: null, controlCommandsPerMinute: null, totalCommandsPerMinute: null };
  const spawn = { spawnFailuresPerPrincipal: 9, spawnFailuresTotal: 9, spawnFailureWindowMs: 9, spawnPauseMs: 9 };
  const bash = { bashTimeoutsPerSession: 9, bashTimeoutsTotal: 9, bashTimeoutWindowMs: 9, bashPauseMs: 9 };
  const models = {
    providerFailures: null,
    providerFailureWindowMs: 1000,
    providerPauseMs: 1000,
    providerSlowMs: 1000,
    agentFirstTokenMs: null,
    agentPromptMs: 1000,
    dialogAnswersPerMinute: null,
  };
  const all = { ...limits, ...none, ...spawn, ...bash, ...models } as unknown as AdmissionLimits;
  const outcomes = {
    maxOutcomes: 9,
    outcomeBytes: 1e5,
    maxIdempotencyKeys: 9,
    idempotencyBytes: 1e5,
    idempotencyMs: 600_000,
  };
  runner = new CommandRunner({
    host: {
      facts: () => ({ owner: 'ada', instance: 'i', version: 2 }),
      abortBash: async () => false,
    } as unknown as SessionHost,
    authorizer: { fault: () => undefined, covers: () => true, maySee: () => true },
    handlers: {
      set_session_name: ({ sessionId, name }: Command<'set_session_name'>) => {
        story.push('executed');
        return { sessionId, name };
      },
      list_sessions: () => ({ sessions: [] }),
      create_session: ({ sessionId }: Command<'create_session'>) => ({ sessionId }),
      bash: ({ sessionId, command }: Command<'bash'>) => {
        story.push(`${command} executed`);
        return { sessionId };
      },
      abort_bash: bashCommands.abort_bash,
    } as unknown as CommandHandlers,
    server: {} as ServerFacts,
    admission: new Admission({ limits: all, logger }),
    lanes: new CommandLanes({ maxWaiting: 9, maxWaitMs: 1000 }),
    locks: new SessionLocks({ maxWaiting: 9, maxWaitMs: 1000 }),
    outcomes: new OutcomeStore({ limits: outcomes }),
    logger,
    journal: fake,
  });
});

function send(command: Command): Promise<Answer> {
  const issuer = { principal: { id: 'ada', scopes: ['*'] }, assertMayDrive: () => {} } as unknown as CommandIssuer;
  return new Promise((resolve) => {
    runner.run(command, issuer, ({ text }) => {
      story.push('answered');
      resolve(JSON.parse(text) as Answer);
    });
  });
}

async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

it('records a command before it runs, and its outcome before it is answered', async () => {
  let isDurable = (): void => {};
  let isFinished = (): void => {};
  journal.durable = new Promise((resolve) => (isDurable = resolve));
  journal.finish = new Promise((resolve) => (isFinished = resolve));
  const answer = send(rename);
  await settle();
  expect(story).toEqual(['accepted']);
  isDurable();
  await settle();
  expect(story).toEqual(['accepted', 'executed', 'finished']);
  isFinished();
  expect(await answer).toMatchObject({ success: true, sessionVersion: 2 });
  expect(accepted).toMatchObject([{ principalId: 'ada', command: rename, fingerprint: digestOf(rename) }]);
  expect(finished).toMatchObject([
    { outcome: { ok: true, sessionVersion: 2 }, sessionId: 's', instance: 'i', startedAtMs: expect.any(Number) },
  ]);
});

it('[S25] ends a bash command that is still being recorded, and none that waits for its turn', async () => {
  let isDurable = (): void => {};
  journal.durable = new Promise((resolve) => (isDurable = resolve));
  const first = send({ type: 'bash', sessionId: 's', command: 'first' });
  const second = send({ type: 'bash', sessionId: 's', command: 'second' });
  const other = send({ type: 'bash', sessionId: 'other', command: 'other' });
  const aborted = send({ type: 'abort_bash', sessionId: 's' });
  expect(await send({ type: 'abort_bash', sessionId: 'nobody' })).toMatchObject({ data: { aborted: false } });
  isDurable();
  expect(await first).toMatchObject({ code: 'CANCELLED' });
  expect(await aborted).toMatchObject({ data: { sessionId: 's', aborted: true } });
  expect(await second).toMatchObject({ success: true });
  expect(await other).toMatchObject({ success: true });
  expect(story.filter((line) => line.endsWith('executed')).sort()).toEqual(['other executed', 'second executed']);
});

it('[S25] does not end a command of another type that is still being recorded, nor the bash command behind it', async () => {
  let isDurable = (): void => {};
  journal.durable = new Promise((resolve) => (isDurable = resolve));
  const create = send({ type: 'create_session', kind: 'pty', sessionId: 's' });
  const bash = send({ type: 'bash', sessionId: 's', command: 'behind' });
  expect(await send({ type: 'abort_bash', sessionId: 's' })).toMatchObject({ data: { aborted: false } });
  isDurable();
  expect(await create).toMatchObject({ success: true });
  expect(await bash).toMatchObject({ success: true });
});

it('answers who sends a command again only when its outcome is on record', async () => {
  let isFinished = (): void => {};
  journal.finish = new Promise((resolve) => (isFinished = resolve));
  const answers = [send(rename), send(rename)];
  await settle();
  expect(story).toEqual(['accepted', 'executed', 'finished']);
  isFinished();
  expect((await Promise.all(answers)).map(({ replayed }) => replayed)).toEqual([undefined, true]);
});

it('does not run what cannot be recorded, and lets it be sent again', async () => {
  journal.accept = () => {
    throw UNAVAILABLE;
  };
  expect(await send(rename)).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  expect(story).toEqual(['answered']);
  journal.accept = () => {};
  journal.durable = Promise.reject(UNAVAILABLE);
  expect(await send(rename)).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  expect(story).toEqual(['answered', 'accepted', 'withdrawn', 'answered']);
  journal.durable = undefined;
  expect(await send(rename)).toMatchObject({ success: true });
  expect(story.filter((line) => line === 'executed')).toHaveLength(1);
});

it('says of a command whose outcome could not be recorded that it ran, and never runs it again', async () => {
  journal.finish = Promise.reject(UNAVAILABLE);
  const answer = await send(rename);
  expect(answer).toMatchObject({ code: 'JOURNAL_UNAVAILABLE', details: { executed: true } });
  expect(await send(rename)).toEqual({ ...answer, replayed: true });
  expect(story.filter((line) => line === 'executed')).toHaveLength(1);
});

it('records a command that never runs with its outcome, and nothing of one that is not to be recorded', async () => {
  expect(await send({ ...rename, dependsOn: ['nobody'] })).toMatchObject({ code: 'DEPENDENCY_UNKNOWN' });
  expect(finished).toMatchObject([{ outcome: { ok: false, fault: { code: 'DEPENDENCY_UNKNOWN' } } }]);
  expect(finished[0]?.startedAtMs).toBeUndefined();
  story.length = 0;
  await send({ type: 'list_sessions', id: 'l' });
  expect(story).toEqual(['answered']);
});

it('records an outcome also under an id that has it because of the idempotency key, before it is told of it', async () => {
  const first = { ...rename, idempotencyKey: 'k' };
  await send(first);
  let isFinished = (): void => {};
  journal.finish = new Promise((resolve) => (isFinished = resolve));
  story.length = 0;
  const second = send({ ...first, id: 'b' });
  await settle();
  expect(story).toEqual(['accepted', 'finished']);
  isFinished();
  expect(await second).toMatchObject({ id: 'b', success: true, replayed: true });
  // It means the same to a later run, which must not take the key for one that was used just now.
  expect(accepted[1]).toMatchObject({ command: { id: 'b', sessionId: 's' }, fingerprint: digestOf(rename) });
  expect(accepted[1]!.command.idempotencyKey).toBeUndefined();
  const { startedAtMs: _, ...outcome } = finished[0]!;
  expect(finished[1]).toEqual({ ...outcome, finishedAtMs: expect.any(Number) });
  journal.finish = undefined;
  story.length = 0;
  expect(await send({ ...first, id: 'b' })).toMatchObject({ replayed: true });
  expect(story).toEqual(['answered']);
});

it('records an outcome under every id that came with the key while the command ran', async () => {
  let isDurable = (): void => {};
  journal.durable = new Promise((resolve) => (isDurable = resolve));
  const answers = ['a', 'b', 'b', 'c'].map((id) => send({ ...rename, id, idempotencyKey: 'k' }));
  isDurable();
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ success: true });
  expect(accepted.map(({ command }) => command.id)).toEqual(['a', 'b', 'c']);
  expect(story.slice(0, 7)).toEqual([
    'accepted',
    'executed',
    'finished',
    'accepted',
    'finished',
    'accepted',
    'finished',
  ]);
});

it('records an outcome under an id that came with the key while it was being recorded, before anybody is told', async () => {
  let isFinished = (): void => {};
  journal.finish = new Promise((resolve) => (isFinished = resolve));
  const first = send({ ...rename, idempotencyKey: 'k' });
  const second = send({ ...rename, id: 'b', idempotencyKey: 'k' });
  let isFinishedToo = (): void => {};
  journal.finish = new Promise((resolve) => (isFinishedToo = resolve));
  isFinished();
  await settle();
  expect(accepted.map(({ command }) => command.id)).toEqual(['a', 'b']);
  expect(story).not.toContain('answered');
  isFinishedToo();
  expect(await first).toMatchObject({ id: 'a', success: true });
  expect(await second).toMatchObject({ id: 'b', replayed: true });
});

it('does not promise an outcome to an id for which it cannot be recorded', async () => {
  const first = { ...rename, idempotencyKey: 'k' };
  await send(first);
  journal.finish = Promise.reject(UNAVAILABLE);
  const answer = await send({ ...first, id: 'b' });
  expect(answer).toMatchObject({ code: 'JOURNAL_UNAVAILABLE', details: { executed: true } });
  journal.finish = undefined;
  expect(await send({ ...first, id: 'b' })).toEqual(answer);
  expect(await send({ ...first, id: 'c' })).toMatchObject({ success: true });
  expect(story.filter((line) => line === 'executed')).toHaveLength(1);
});

it('records in which life of its session a command was let in, and by what right', async () => {
  await send(rename);
  expect(accepted).toMatchObject([{ instance: 'i', rights: expect.stringMatching(/^[0-9a-f]{12}$/) }]);
});
