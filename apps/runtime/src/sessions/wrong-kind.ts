import { ProtocolError, type SessionKind } from '@sessiond/protocol';

/** What is told to a client that sends a session a command of the other kind of session. */
export function wrongKind(command: string, kind: SessionKind, wanted: SessionKind): ProtocolError {
  return new ProtocolError('INVALID_STATE', `Cannot run ${command}: the session is of kind ${kind}, not ${wanted}`);
}
