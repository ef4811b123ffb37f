import { type Command, commandContracts, type ResponseDataOf } from '@sessiond/protocol';
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Admission } from '../admission/admission.ts';
import type { Principal } from '../auth/auth-provider.ts';
import { Authorizer } from '../auth/authorizer.ts';
import type { CommandContext, CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import { resolveConfig } from '../config/config.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandLanes } from './command-lanes.ts';
import { CommandRunner } from './command-runner.ts';
import { OutcomeStore } from './outcome-store.ts';
import { SessionLocks } from './session-locks.ts';

type Answer = Readonly<Record<string, unknown>>;

const admin: Principal = { id: 'ada', scopes: ['*'] };
const plain: Principal = { id: 'ada', scopes: ['sessions:read', 'sessions:write', 'sessions:create', 'server:read'] };

/** Sessions there are, with their owners and lives. */
let sessions: Map<string, { owner: string; instance: string; version: number }>;
let executed: string[];
let end: () => void;
let runner: CommandRunner;

beforeEach(() => {
  sessions = new Map([
    ['mine', { owner: 'ada', instance: 'm1', version: 1 }],
    ['theirs', { owner: 'bob', instance: 't1', version: 1 }],
  ]);
  executed = [];
  const { config } = resolveConfig({ flags: {}, env: {}, file: null });
  const logger = pino({ level: 'silent' });
  const facts = (sessionId: string) => sessions.get(sessionId);
  const answer = ({ id, type, sessionId }: Command): unknown => {
    executed.push(id ?? type);
    return { sessionId };
  };
  const handlers = {
    ...Object.fromEntries([...commandContracts.keys()].map((type) => [type, answer])),
    bash: (command: Command<'bash'>) =>
      new Promise((resolve) => {
        const data = answer(command);
        end = () => resolve(data as ResponseDataOf<'bash'>);
      }),
    delete_session: (command: Command<'delete_session'>) => {
      sessions.delete(command.sessionId);
      return answer(command);
    },
    cancel_command: ({ commandId }: Command<'cancel_command'>, { cancel }: CommandContext) => ({
      commandId,
      cancelled: cancel(commandId),
    }),
  };
  runner = new CommandRunner({
    host: { facts, state: async () => ({ gracePeriodMs: 0 }) } as unknown as SessionHost,
    authorizer: new Authorizer({ facts }),
    handlers: handlers as unknown as CommandHandlers,
    server: {} as ServerFacts,
    admission: new Admission({ limits: config, logger }),
    lanes: new CommandLanes({ maxWaiting: 9, maxWaitMs: 10_000 }),
    locks: new SessionLocks({ maxWaiting: 9, maxWaitMs: 10_000 }),
    outcomes: new OutcomeStore({ limits: config }),
    logger,
  });
});

function send(principal: Principal, command: Command): Promise<Answer> {
  const issuer = { principal, closed: false } as unknown as CommandIssuer;
  return new Promise((resolve) => {
    runner.run(command, issuer, ({ text }) => resolve(JSON.parse(text) as Answer));
  });
}

describe('[S17] a command that is sent again', () => {
  const read: Command = { type: 'read_output', id: 'read', sessionId: 'theirs' };
  const list: Command = { type: 'list_sessions', id: 'list' };

  it('is not answered to the same principal with a credential that the session is out of reach of', async () => {
    expect(await send(admin, read)).toMatchObject({ success: true });
    expect(await send(admin, read)).toMatchObject({ replayed: true });
    expect(await send({ ...admin, within: ['mine'] }, read)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await send({ ...plain, scopes: ['sessions:read'] }, read)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await send({ ...admin, scopes: ['server:read'] }, read)).toMatchObject({ code: 'FORBIDDEN' });
    expect(executed).toEqual(['read']);
  });

  it('is not answered with what only other rights could list', async () => {
    expect(await send(admin, list)).toMatchObject({ success: true });
    expect(await send(plain, list)).not.toHaveProperty('replayed');
    expect(executed).toEqual(['list', 'list']);
    expect(await send({ ...admin, scopes: ['*'] }, list)).toMatchObject({ replayed: true });
  });

  it('is answered with other rights that suffice', async () => {
    const state: Command = { type: 'get_state', id: 'state', sessionId: 'mine' };
    await send(admin, state);
    expect(await send(plain, state)).toMatchObject({ success: true, replayed: true });
  });

  it('is answered after its session is gone, and after somebody else has made one of that id', async () => {
    const remove: Command = { type: 'delete_session', id: 'remove', sessionId: 'mine' };
    expect(await send(plain, remove)).toMatchObject({ success: true });
    expect(await send(plain, remove)).toMatchObject({ success: true, replayed: true });
    sessions.set('mine', { owner: 'bob', instance: 'm2', version: 0 });
    expect(await send(plain, remove)).toMatchObject({ success: true, replayed: true });
    expect(await send(plain, { ...remove, id: 'again' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(sessions.get('mine')?.instance).toBe('m2');
  });

  it('does not join one that runs on a session out of reach, nor cancel it', async () => {
    const bash: Command = { type: 'bash', id: 'run', sessionId: 'theirs', command: 'make' };
    const first = send(admin, bash);
    const narrow: Principal = { ...admin, within: ['mine'] };
    expect(await send(narrow, bash)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    const cancel: Command = { type: 'cancel_command', commandId: 'run' };
    expect(await send(narrow, cancel)).toMatchObject({ data: { cancelled: false } });
    end();
    expect(await first).toMatchObject({ success: true });
  });
});

describe('[S16] an idempotency key', () => {
  const bash: Command<'bash'> = { type: 'bash', id: 'a', sessionId: 'mine', command: 'make', idempotencyKey: 'k' };

  it('does not lead to a command that still runs in the former life of a session', async () => {
    const first = send(plain, bash);
    sessions.set('mine', { owner: 'ada', instance: 'm2', version: 0 });
    const endFirst = end;
    const second = send(plain, { ...bash, id: 'b' });
    endFirst();
    expect(await first).toMatchObject({ success: true });
    await new Promise(setImmediate);
    end();
    expect(await second).not.toHaveProperty('replayed');
    expect(executed).toEqual(['a', 'b']);
  });

  it('does not lead to an outcome of the former life of a session, although it ended in the new one', async () => {
    const first = send(plain, bash);
    sessions.set('mine', { owner: 'ada', instance: 'm2', version: 0 });
    end();
    await first;
    const second = send(plain, { ...bash, id: 'b' });
    end();
    expect(await second).not.toHaveProperty('replayed');
  });

  it('leads to the outcome while nothing has taken the place of the session', async () => {
    const first = send(plain, bash);
    const joined = send(plain, { ...bash, id: 'b' });
    end();
    await first;
    expect(await joined).toMatchObject({ id: 'b', replayed: true });
    expect(await send(plain, { ...bash, id: 'c' })).toMatchObject({ id: 'c', replayed: true });
    expect(executed).toEqual(['a']);
  });
});
