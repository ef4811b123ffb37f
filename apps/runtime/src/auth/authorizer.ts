import { type Command, commandContract, type ErrorCode, type ProtocolFault, requiredScope } from '@sessiond/protocol';
import type { CommandFacts } from '../execution/command-facts.ts';
import type { SessionFacts } from '../sessions/session-host.ts';
import { sessionNotFound } from '../sessions/session-not-found.ts';
import type { Principal } from './auth-provider.ts';
import { credentialEnds, endOf } from './credential-end.ts';
import { isAllowed } from './is-allowed.ts';
import { isWithin } from './is-within.ts';
import { rightsOf } from './rights.ts';
import { matchesSessionPattern } from './session-pattern.ts';

/** Where the owner of a session is looked up. */
export interface SessionDirectory {
  facts(sessionId: string): Pick<SessionFacts, 'owner'> | undefined;
}

/** A command that its principal may not run. */
export interface RefusedCommand {
  readonly principal: Principal;
  readonly command: Command;
  readonly connectionId: string | undefined;
  readonly code: ErrorCode;
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
  readonly #onRefused: (refused: RefusedCommand) => void;

  /** `onRefused` is told of every refusal. */
  constructor(sessions: SessionDirectory, onRefused: (refused: RefusedCommand) => void = () => {}) {
    this.#sessions = sessions;
    this.#onRefused = onRefused;
  }

  /**
   * Why the principal may not run the command; `undefined` when it may. O(1) for `admin`, else O(patterns). `connectionId` says which connection it
   * came over, for who is told of refusals.
   */
  fault(principal: Principal, command: Command, connectionId?: string): ProtocolFault | undefined {
    const fault = this.#fault(principal, command);
    if (fault !== undefined) this.#onRefused({ principal, command, connectionId, code: fault.code });
    return fault;
  }

  /**
   * Whether a principal that sends a command again may be told what became of the first one, or may cancel it; the first was sent with these {@link rightsOf rights}.
   *
   * Of two connections of one principal, one can have come with a ticket for less, and knows the ids that the other uses. Who has the same rights may, also when the session
   * is gone or somebody else's, because outcomes outlive it; who has others must be able to send the command now.
   */
  covers(principal: Principal, command: Command, rights: string): boolean {
    if (endOf(principal) !== undefined) return false;
    if (rights === rightsOf(principal)) return true;
    // What is told of no session in particular was told of all that the other one may see.
    const isOfAll = commandContract(command.type).appliesTo === 'server' && requiredScope(command)?.endsWith(':read');
    return isOfAll !== true && this.#fault(principal, command) === undefined;
  }

  #fault(principal: Principal, command: Command): ProtocolFault | undefined {
    const end = endOf(principal);
    if (end !== undefined) return { code: 'UNAUTHENTICATED', message: credentialEnds[end] };
    const scope = requiredScope(command);
    if (scope !== null && !isAllowed(principal, scope)) {
      return { code: 'FORBIDDEN', message: `Cannot run the command: it needs the scope ${scope}`, details: { scope } };
    }
    const { sessionId, ifSessionVersion } = command;
    if (principal.within === undefined && (sessionId === undefined || isAllowed(principal, 'admin'))) return undefined;
    if (givesSession(command) && !mayGive(principal, sessionId)) {
      return {
        code: 'FORBIDDEN',
        message: 'Cannot create the session: its id has to match one of the patterns of the principal',
        details: { field: 'sessionId' },
      };
    }
    if (sessionId === undefined) return undefined;
    // A version says that the session exists, and how often it changed.
    const { sessionAccess } = commandContract(command.type);
    const reaches = sessionAccess === 'reach' || ifSessionVersion !== undefined || takesUp(command);
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
    if (owner === undefined || !isWithin(principal, sessionId)) return false;
    return owner === principal.id || isAllowed(principal, 'admin') || matchesAny(principal.sessions, sessionId);
  }

  /** Whether the principal may be told of a command of another one, or of its own on another connection. */
  mayWatch(principal: Principal, { principalId, sessionId }: Pick<CommandFacts, 'principalId' | 'sessionId'>): boolean {
    if (sessionId === undefined) return principalId === principal.id || principal.within === undefined;
    if (!isWithin(principal, sessionId)) return false;
    return principalId === principal.id || isAllowed(principal, 'admin') || this.maySee(principal, sessionId);
  }
}

function givesSession({ type }: Command): boolean {
  return commandContract(type).sessionAccess === 'give';
}

/** Whether the session that the command gives is one that exists: what it had and whose it was stays with it. */
function takesUp(command: Command): boolean {
  return command.type === 'load_session' && command.sessionPath === undefined && command.agentSessionId === undefined;
}

/**
 * Whether a session that the principal creates may have the id, or none, for one that the server makes. Without patterns any may, which tells which
 * ids are taken.
 */
function mayGive(principal: Principal, sessionId: string | undefined): boolean {
  if (sessionId === undefined) return principal.within === undefined;
  if (!isWithin(principal, sessionId)) return false;
  return (
    (principal.sessions ?? []).length === 0 ||
    isAllowed(principal, 'admin') ||
    matchesAny(principal.sessions, sessionId)
  );
}

function matchesAny(patterns: readonly string[] = [], sessionId: string): boolean {
  return patterns.some((pattern) => matchesSessionPattern(pattern, sessionId));
}
