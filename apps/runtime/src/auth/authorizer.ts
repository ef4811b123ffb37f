import { type Command, type ProtocolFault, requiredScope } from '@sessiond/protocol';
import type { SessionFacts } from '../sessions/session-host.ts';
import type { Principal } from './auth-provider.ts';
import { isAllowed } from './is-allowed.ts';

/** Where the owner of a session is looked up. */
export interface SessionDirectory {
  facts(sessionId: string): SessionFacts | undefined;
}

/**
 * The one place that decides whether a principal may do something: every command of every transport, and every raw terminal, is asked about here.
 */
export class Authorizer {
  readonly #sessions: SessionDirectory;

  constructor(sessions: SessionDirectory) {
    this.#sessions = sessions;
  }

  /** Why the principal may not run the command; `undefined` when it may. A session it may not see is one that does not exist. */
  fault(principal: Principal, command: Command): ProtocolFault | undefined {
    const scope = requiredScope(command);
    if (!isAllowed(principal, scope)) {
      return { code: 'FORBIDDEN', message: `Cannot run the command: it needs the scope ${scope}`, details: { scope } };
    }
    return undefined;
  }

  /** Whether the principal may know of the session. */
  maySee(_principal: Principal, sessionId: string): boolean {
    return this.#sessions.facts(sessionId) !== undefined;
  }
}
