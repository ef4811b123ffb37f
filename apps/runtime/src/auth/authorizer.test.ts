import { type Command, commandContracts, type Scope, scopes } from '@sessiond/protocol';
import { describe, expect, it } from 'vitest';
import type { Principal } from './auth-provider.ts';
import { Authorizer } from './authorizer.ts';
import { rightsOf } from './rights.ts';

const owners: Readonly<Record<string, string>> = { mine: 'ada', theirs: 'bob', 'ci-7': 'bob' };
const authorizer = new Authorizer({
  facts: (sessionId) => (Object.hasOwn(owners, sessionId) ? { owner: owners[sessionId]! } : undefined),
});

const everything = (Object.keys(scopes) as Scope[]).filter((scope) => scope !== 'admin');
const ada: Principal = { id: 'ada', scopes: everything };
const withPattern: Principal = { ...ada, sessions: ['ci-*'] };
const admin: Principal = { id: 'root', scopes: ['admin'] };

const onSession = (sessionId: string, fields: object = {}): Command => ({ type: 'get_state', sessionId, ...fields });
const code = (principal: Principal, command: Command) => authorizer.fault(principal, command)?.code ?? 'OK';

describe('a session', () => {
  it.each([
    ['its owner', ada, 'mine', 'OK'],
    ['a stranger', ada, 'theirs', 'SESSION_NOT_FOUND'],
    ['a pattern that its id matches', withPattern, 'ci-7', 'OK'],
    ['the owner with a pattern for others', withPattern, 'mine', 'OK'],
    ['a pattern for others', withPattern, 'theirs', 'SESSION_NOT_FOUND'],
    ['admin', admin, 'theirs', 'OK'],
    ['everything', { id: 'root', scopes: ['*'] }, 'theirs', 'OK'],
  ] as const)('is reached by %s or not', (_who, principal, sessionId, expected) => {
    expect(code(principal, onSession(sessionId))).toBe(expected);
    expect(authorizer.maySee(principal, sessionId)).toBe(expected === 'OK');
  });

  it('that is foreign is refused word for word as one that does not exist', () => {
    for (const fields of [{}, { ifSessionVersion: 1 }]) {
      const [foreign, unknown] = ['theirs', 'unknown'].map((id) => authorizer.fault(ada, onSession(id, fields)));
      expect(foreign).toEqual({ ...unknown, message: unknown!.message.replace('unknown', 'theirs') });
    }
  });

  it('is not told of by its version, whatever command asks for that', () => {
    for (const { example } of commandContracts.values()) {
      const command = { ...example, sessionId: 'theirs', ifSessionVersion: 1 } as Command;
      expect(code(ada, command), command.type).toBe('SESSION_NOT_FOUND');
    }
  });

  it('that is gone was seen by whoever could reach it', () => {
    expect(authorizer.maySee(ada, 'gone', 'ada')).toBe(true);
    expect(authorizer.maySee(ada, 'gone', 'bob')).toBe(false);
    expect(authorizer.maySee(withPattern, 'ci-8', 'bob')).toBe(true);
    expect(authorizer.maySee(admin, 'gone', 'bob')).toBe(true);
    expect(authorizer.maySee(admin, 'gone')).toBe(false);
  });

  it('can be let go of by whoever held it, also when it is gone', () => {
    for (const type of ['detach', 'unsubscribe'] as const) expect(code(ada, { type, sessionId: 'theirs' })).toBe('OK');
  });
});

describe('a principal that is no longer known', () => {
  it('may do nothing any more, whatever it was let in with', () => {
    const revocation = new AbortController();
    const revoked: Principal = { ...admin, revoked: revocation.signal };
    expect(code(revoked, onSession('mine'))).toBe('OK');
    revocation.abort();
    expect(code(revoked, onSession('mine'))).toBe('UNAUTHENTICATED');
    expect(authorizer.covers(revoked, onSession('mine'), rightsOf(revoked))).toBe(false);
    expect(code({ ...ada, expiresAtMs: Date.now() }, { type: 'health_check' })).toBe('UNAUTHENTICATED');
    expect(code({ ...ada, expiresAtMs: Date.now() + 60_000 }, { type: 'health_check' })).toBe('OK');
  });
});

describe('what became of a command', () => {
  it('is told to its principal also when the session is gone, and to a holder of less only within that', () => {
    const less: Principal = { ...ada, within: ['demo-*'] };
    const covers = (principal: Principal, command: Command): boolean =>
      authorizer.covers(principal, command, rightsOf(ada));
    expect(covers(ada, onSession('gone'))).toBe(true);
    expect(covers(less, onSession('gone'))).toBe(false);
    expect(covers(less, onSession('mine'))).toBe(false);
    expect(covers({ ...ada, within: ['mi*'] }, onSession('mine'))).toBe(true);
    expect(covers(less, { type: 'list_sessions' })).toBe(false);
    expect(covers(less, { type: 'health_check' })).toBe(true);
    expect(covers({ ...ada, scopes: ['sessions:write'] }, onSession('mine'))).toBe(false);
    expect(authorizer.covers({ ...admin, scopes: everything }, onSession('theirs'), rightsOf(admin))).toBe(false);
  });
});

describe('the id of a new session', () => {
  const create = (sessionId?: string): Command => ({ type: 'create_session', ...(sessionId && { sessionId }) });

  it('is free for who has no patterns, and for the server', () => {
    expect(code(ada, create('theirs'))).toBe('OK');
    expect(code({ ...ada, sessions: [] }, create('new'))).toBe('OK');
    expect(code(withPattern, create())).toBe('OK');
  });

  it('reaches the session that is there when that is to be taken up, and only its owner may', () => {
    const load = (sessionId: string, fields: object = {}): Command => ({ type: 'load_session', sessionId, ...fields });
    expect(code(ada, load('mine'))).toBe('OK');
    expect(code(admin, load('theirs'))).toBe('OK');
    expect(code(withPattern, load('ci-7'))).toBe('OK');
    for (const id of ['theirs', 'unknown']) expect(code(ada, load(id))).toBe('SESSION_NOT_FOUND');
    expect(code(ada, load('theirs', { sessionPath: '/a' }))).toBe('OK');
    expect(code(ada, load('theirs', { agentSessionId: 'a' }))).toBe('OK');
  });

  it('must match one of the patterns of who has some', () => {
    expect(code(withPattern, create('ci-9'))).toBe('OK');
    expect(code(withPattern, create('other'))).toBe('FORBIDDEN');
    expect(code({ ...admin, sessions: ['ci-*'] }, create('other'))).toBe('OK');
  });
});

describe('a principal that is kept within patterns', () => {
  const within = ['ci-*'];

  it.each([
    ['its owner', { ...ada, within }, 'mine'],
    ['admin', { ...admin, within }, 'theirs'],
  ])('reaches no session outside of them, though it is %s', (_who, principal, sessionId) => {
    expect(code(principal, onSession(sessionId))).toBe('SESSION_NOT_FOUND');
    expect(authorizer.maySee(principal, sessionId)).toBe(false);
  });

  it('reaches those inside that it could reach anyway, and no others', () => {
    expect(code({ ...admin, within }, onSession('ci-7'))).toBe('OK');
    expect(code({ ...withPattern, within }, onSession('ci-7'))).toBe('OK');
    expect(code({ ...ada, within }, onSession('ci-7'))).toBe('SESSION_NOT_FOUND');
  });

  it('gives ids inside of them, and has to', () => {
    const create = { type: 'create_session' } as const;
    expect(code({ ...admin, within }, { ...create, sessionId: 'ci-9' })).toBe('OK');
    expect(code({ ...admin, within }, { ...create, sessionId: 'other' })).toBe('FORBIDDEN');
    expect(code({ ...admin, within }, create)).toBe('FORBIDDEN');
    expect(code({ ...admin, within }, { type: 'list_sessions' })).toBe('OK');
  });
});

describe('[S43] a scope', () => {
  it('that is missing is named, and asked about before the session is', () => {
    for (const sessionId of ['mine', 'theirs', 'unknown']) {
      expect(authorizer.fault({ id: 'ada', scopes: ['sessions:read'] }, { type: 'attach', sessionId })).toEqual({
        code: 'FORBIDDEN',
        message: 'Cannot run the command: it needs the scope sessions:write',
        details: { scope: 'sessions:write' },
      });
    }
  });

  it('is needed for nothing that only asks how the server is or takes something back', () => {
    expect(code({ id: 'ada', scopes: [] }, { type: 'health_check' })).toBe('OK');
    expect(code({ id: 'ada', scopes: [] }, { type: 'cancel_command', commandId: 'c' })).toBe('OK');
    expect(code({ id: 'ada', scopes: [] }, { type: 'list_sessions' })).toBe('FORBIDDEN');
  });
});
