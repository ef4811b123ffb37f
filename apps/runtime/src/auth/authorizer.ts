import { type Command, commandContract, type ProtocolFault, requiredScope } from '@sessiond/protocol';
import type { SessionFacts } from '../sessions/session-host.ts';
import { sessionNotFound } from '../sessions/session-not-found.ts';
import type { Principal } from './auth-provider.ts';
import { isAllowed } from './is-allowed.ts';
import { matchesSessionPattern } from './session-pattern.ts';

/** Where the owner of a session is looked up. */
export interface SessionDirectory {
  facts(sessionId: string): Pick<SessionFacts, 'owner'> | undefined;
}

/**
 * The one place that decides whether a principal may do something: every command of every transport, every raw terminal, and every piece of news
 * about a session is asked about here.
 *
 * A session is reached by its owner, by whoever has a pattern that its id matches, and by whoever has the scope `admin`. For everybody
 * else it does not exist: the answer is the one for an id that nobody has, given at the same point, before the command costs anything or
 * meets anything of the session.
 */
export class Authorizer {
  readonly #sessions: SessionDirectory;

  constructor(sessions: SessionDirectory) {
    this.#sessions = sessions;
  }

  /** Why the principal may not run the command; `undefined` when it may. O(1) for `admin`, else O(patterns). */
  fault(principal: Principal, command: Command): ProtocolFault | undefined {
    const scope = requiredScope(command);
    if (scope !== null && !isAllowed(principal, scope)) {
      return { code: 'FORBIDDEN', message: `Cannot run the command: it needs the scope ${scope}`, details: { scope } };
    }
    const { sessionId, ifSessionVersion } = command;
    if (sessionId === undefined || isAllowed(principal, 'admin')) return undefined;
    const { sessionAccess } = commandContract(command.type);
    if (sessionAccess === 'give' && !mayGive(principal, sessionId)) {
      return {
        code: 'FORBIDDEN',
        message: `Cannot give a session the id ${sessionId}: it matches none of the patterns of the principal`,
        details: { field: 'sessionId' },
      };
    }
    // A version says that the session exists, and how often it changed.
    const reaches = sessionAccess === 'reach' || ifSessionVersion !== undefined;
    return reaches && !this.maySee(principal, sessionId) ? sessionNotFound(sessionId) : undefined;
  }

  /**
   * Whether the principal may know of the session. `owner` is given for one that is no longer there to be asked about.
   */
  maySee(
    principal: Principal,
    sessionId: string,
    owner: string | undefined = this.#sessions.facts(sessionId)?.owner,
  ): boolean {
    if (owner === undefined) return false;
    return owner === principal.id || isAllowed(principal, 'admin') || matchesAny(principal, sessionId);
  }
}

/** Whether a session that the principal creates may have the id. Without patterns any may, which tells which ids are taken. */
function mayGive(principal: Principal, sessionId: string): boolean {
  return (principal.sessions ?? []).length === 0 || matchesAny(principal, sessionId);
}

function matchesAny({ sessions = [] }: Principal, sessionId: string): boolean {
  return sessions.some((pattern) => matchesSessionPattern(pattern, sessionId));
}
