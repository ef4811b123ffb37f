import { type Command, ProtocolError } from '@sessiond/protocol';
import type { SessionHost } from '../sessions/session-host.ts';
import { sessionNotFound } from '../sessions/session-not-found.ts';

/** @throws ProtocolError when the session is not at the version that the command expects, if it expects one. */
export function assertVersion({ sessionId, ifSessionVersion }: Command, host: Pick<SessionHost, 'facts'>): void {
  if (ifSessionVersion === undefined || sessionId === undefined) return;
  const facts = host.facts(sessionId);
  if (facts === undefined) {
    const { code, message } = sessionNotFound(sessionId);
    throw new ProtocolError(code, message);
  }
  const { version } = facts;
  if (version === ifSessionVersion) return;
  const message = `Cannot run the command: the session has version ${version}, expected ${ifSessionVersion}`;
  throw new ProtocolError('SESSION_VERSION_MISMATCH', message, { details: { sessionVersion: version } });
}
