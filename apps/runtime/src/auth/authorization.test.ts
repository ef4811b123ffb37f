import {
  type AnyCommandContract,
  type Command,
  commandContracts,
  ProtocolError,
  type Scope,
  scopes,
} from '@sessiond/protocol';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { Admission } from '../admission/admission.ts';
import type { CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import { resolveConfig } from '../config/config.ts';
import { CommandLanes } from '../execution/command-lanes.ts';
import { CommandRunner } from '../execution/command-runner.ts';
import { OutcomeStore } from '../execution/outcome-store.ts';
import { SessionLocks } from '../execution/session-locks.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import type { Principal } from './auth-provider.ts';
import { Authorizer } from './authorizer.ts';
import { isAllowed } from './is-allowed.ts';

/** Sessions by what they are to the principal `ada`, who has the pattern `ci-*`. */
const SESSIONS = { own: 'mine', pattern: 'ci-1', foreign: 'theirs', unknown: 'nowhere' } as const;
const OWNERS: Readonly<Record<string, string>> = { mine: 'ada', 'ci-1': 'bob', theirs: 'bob' };

/** What a command is answered with that was let through to its handler. */
const REACHED = 'INVALID_STATE';

const facts = (sessionId: string) => {
  const owner = OWNERS[sessionId];
  return owner === undefined ? undefined : { owner, instance: `instance of ${sessionId}`, version: 1 };
};

const reached = (): never => {
  throw new ProtocolError(REACHED, 'reached');
};

/** The runner of a daemon, over handlers that only say that they were reached; `others` take the place of some. */
function createRunner(others: object = {}): CommandRunner {
  const off = { dataCommandsPerMinute: 'off', controlCommandsPerMinute: 'off', totalCommandsPerMinute: 'off' };
  const { config } = resolveConfig({ flags: off, env: {}, file: null });
  const logger = pino({ level: 'silent' });
  const host = {
    facts,
    provider: () => undefined,
    state: async () => ({ gracePeriodMs: 0 }),
  } as unknown as SessionHost;
  const handlers = Object.fromEntries([...commandContracts.keys()].map((type) => [type, reached]));
  const runner: CommandRunner = new CommandRunner({
    host,
    authorizer: new Authorizer({ facts: (sessionId) => facts(sessionId) ?? runner.expected(sessionId) }),
    handlers: { ...handlers, ...others } as unknown as CommandHandlers,
    server: {} as ServerFacts,
    admission: new Admission({ limits: config, logger }),
    lanes: new CommandLanes({ maxWaiting: 100, maxWaitMs: 10_000 }),
    locks: new SessionLocks({ maxWaiting: 100, maxWaitMs: 10_000 }),
    outcomes: new OutcomeStore({ limits: config }),
    logger,
  });
  return runner;
}

const anybody = createRunner();

interface Answer {
  readonly code: string;
  readonly error: string;
  readonly details?: object;
}

function run(principal: Principal, command: Command, runner = anybody): Promise<Answer> {
  const issuer = { principal, closed: false } as unknown as CommandIssuer;
  return new Promise((resolve) => runner.run(command, issuer, ({ text }) => resolve(JSON.parse(text) as Answer)));
}

/** What the contract says must come of it; stated anew, not taken from the code under test. */
function expected(
  contract: AnyCommandContract,
  principal: Principal,
  command: Command,
  what: keyof typeof SESSIONS,
): string {
  const scope = contract.scopeOf(command);
  const isAdmin = isAllowed(principal, 'admin');
  if (scope !== null && !principal.scopes.includes(scope) && !isAdmin) return 'FORBIDDEN';
  if (isAdmin) return REACHED;
  if (contract.sessionAccess === 'reach') return what === 'own' || what === 'pattern' ? REACHED : 'SESSION_NOT_FOUND';
  if (contract.sessionAccess === 'give') return what === 'pattern' ? REACHED : 'FORBIDDEN';
  return REACHED;
}

const known = Object.keys(scopes) as Scope[];
const SCOPE_SETS: readonly (readonly string[])[] = [
  [],
  ...known.map((scope) => [scope]),
  known.filter((scope) => scope !== 'admin'),
  known,
  ['*'],
];

describe.each([...commandContracts.values()])('[S43] $type', (contract) => {
  it('is carried out for whom its contract says, on what they may reach', async () => {
    const { id: _, ...example } = contract.example;
    for (const granted of SCOPE_SETS) {
      const principal: Principal = { id: 'ada', scopes: granted, sessions: ['ci-*'] };
      for (const what of Object.keys(SESSIONS) as (keyof typeof SESSIONS)[]) {
        for (const fields of variants(contract)) {
          const command = { ...example, ...fields, sessionId: SESSIONS[what] } as Command;
          const { code } = await run(principal, command);
          const note = `${contract.type} with [${granted}] on ${what} ${JSON.stringify(fields)}`;
          expect(code, note).toBe(expected(contract, principal, command, what));
        }
      }
    }
  });

  it('is answered for a foreign session as for one that does not exist', async () => {
    if (contract.sessionAccess === 'give') return;
    const { id: _, ...example } = contract.example;
    const principal: Principal = { id: 'ada', scopes: known.filter((scope) => scope !== 'admin') };
    for (const fields of [...variants(contract), { ifSessionVersion: 1 }]) {
      const [foreign, unknown] = await Promise.all(
        ['foreign', 'unknown'].map((what) =>
          run(principal, { ...example, ...fields, sessionId: SESSIONS[what as 'foreign'] } as Command),
        ),
      );
      expect(JSON.stringify(foreign).replaceAll('theirs', 'nowhere')).toBe(JSON.stringify(unknown));
    }
  });
});

/** The uses of a command that need different scopes. */
function variants({ type }: AnyCommandContract): readonly object[] {
  return type === 'attach' ? [{ role: 'driver' }, { role: 'observer' }, {}] : [{}];
}

describe('a session that is being created', () => {
  const ada: Principal = { id: 'ada', scopes: ['sessions:create', 'sessions:write'] };
  const create = { type: 'create_session', sessionId: 'soon', kind: 'pty' } as const;
  const bash = { type: 'bash', sessionId: 'soon', command: 'true' } as const;

  it('can be sent commands to at once by its owner, and by nobody else', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = createRunner({ create_session: () => held.then(reached) });
    const ask = async (principal: Principal, command: Command) => (await run(principal, command, slow)).code;
    const made = ask(ada, create);
    const own = ask(ada, bash);
    expect(await ask({ ...ada, id: 'bob' }, bash)).toBe('SESSION_NOT_FOUND');
    release();
    expect(await made).toBe(REACHED);
    // It was not created after all: then there is nobody to reach.
    expect(await own).toBe('SESSION_NOT_FOUND');
  });
});
