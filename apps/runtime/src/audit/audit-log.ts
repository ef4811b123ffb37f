import type { ErrorCode } from '@sessiond/protocol';

/** Who did something, as far as it is known. */
export interface Actor {
  /** Absent for somebody who was not let in. */
  readonly principalId?: string | undefined;
  /** Absent for what comes without a connection. */
  readonly connectionId?: string | undefined;
  /** Absent where there is none, as on a Unix socket. */
  readonly remoteAddress?: string | null | undefined;
}

/** What was done: names, codes and ids, never what a command or a request carried. */
export type AuditEntry = Actor &
  (
    | {
        /** A command that changes something, or that takes hold of a terminal, was carried out, or not. */
        readonly event: 'command';
        readonly command: string;
        readonly sessionId?: string | undefined;
        readonly commandId?: string | undefined;
        readonly correlationId: string;
        readonly code: 'OK' | ErrorCode;
      }
    | {
        /** Something was refused for who asked: for the page or the name it came by, its credential, its scopes, or whose session it is. */
        readonly event: 'refused';
        readonly reason: string;
        readonly code: ErrorCode;
        /** The type of the command, or the path of the request. */
        readonly action: string;
        readonly sessionId?: string | undefined;
        readonly commandId?: string | undefined;
        /** Refusals that were left out since the last one that was written. */
        readonly omitted?: number;
      }
    | { readonly event: 'connected' | 'disconnected'; readonly transport: string }
    | { readonly event: 'terminal.opened'; readonly sessionId: string; readonly role: 'driver' | 'observer' }
    | { readonly event: 'ticket.created' | 'ticket.used' }
    | { readonly event: 'credential.ended'; readonly reason: 'expired' | 'revoked' }
  );

/** Where it is written down who did what. Must not throw and must be quick. */
export interface AuditLog {
  record(entry: AuditEntry): void;
  /** Nothing is written down any more. Called once. */
  close(): void;
}

/** Writes nothing down. */
export const noAuditLog: AuditLog = Object.freeze({ record() {}, close() {} });
