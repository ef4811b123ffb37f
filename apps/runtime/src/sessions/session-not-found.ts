import type { ProtocolFault } from '@sessiond/protocol';

/** What is said of a session that does not exist; and, word for word, of one that the principal may not know of. */
export function sessionNotFound(sessionId: string): ProtocolFault {
  return { code: 'SESSION_NOT_FOUND', message: `Cannot find session ${sessionId}` };
}
