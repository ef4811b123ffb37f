import { commandContract } from '@sessiond/protocol';
import type { CommandObserver } from '../execution/command-observer.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditedConnections } from './audited-connections.ts';

/** Writes down what became of every command whose contract says that it is to be. */
export function auditedCommands(log: AuditLog, connections: AuditedConnections): CommandObserver {
  return {
    commandAccepted() {},
    commandStarted() {},
    commandFinished(
      { type, commandId, correlationId, sessionId, principalId, connectionId },
      code,
      _durationMs,
      replayed,
    ) {
      if (replayed || !commandContract(type).audited) return;
      const remoteAddress = connections.remoteAddress(connectionId);
      log.record({
        event: 'command',
        command: type,
        code,
        sessionId,
        commandId,
        correlationId,
        principalId,
        connectionId,
        remoteAddress,
      });
    },
    messageRefused() {},
  };
}
