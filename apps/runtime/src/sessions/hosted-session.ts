import type { Command, ResponseDataOf, SessionInfo, SessionKind, SessionState } from '@sessiond/protocol';
import type { Cause } from './cause.ts';
import type { AttachmentHandlers, SessionAttachment, SessionEvent, SessionFacts } from './session-host.ts';
import type { SessionRecord } from './session-record.ts';

/** What can be done with any session of this process, whether its program is at hand or all that is left of it is a record. */
export interface HostedSession {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly retentionMs: number;
  /** Number of the last event. */
  readonly seq: number;
  readonly attached: number;
  readonly finished: boolean;
  facts(): SessionFacts;
  info(): SessionInfo;
  /** The record with the history of the program. */
  state(): SessionState;
  /** What of it outlives the process. */
  record(): SessionRecord;
  /** The remembered events behind a number, oldest first; none of an agent, whose events come out of its log. */
  eventsAfter(seq: number): readonly SessionEvent[];
  rename(name: string, signal: AbortSignal): SessionInfo | Promise<SessionInfo>;
  /** @throws ProtocolError for another life of the stream or an offset that was never written. */
  attach(request: Command<'attach'>, handlers: AttachmentHandlers): SessionAttachment;
  /** Ends the program if it runs; answers how it ended. */
  terminate(gracePeriodMs: number | undefined, cause: Cause): Promise<ResponseDataOf<'terminate'>>;
}

/** A session whose program is, or was, one of this process. */
export interface LiveSession extends HostedSession {
  /** Milliseconds since something was said to it or by it; 0 while it works on something. */
  readonly quietMs: number;
  /** Resolves when its program has ended. */
  readonly stopped: Promise<unknown>;
  /** Has its program end for a reason of the server. Idempotent, never rejects. */
  end(reason: 'expired' | 'terminated'): Promise<unknown>;
}

/** What can be done with a terminal. */
export interface TerminalSession extends HostedSession {
  write(data: Uint8Array): void;
  /** @returns whether the size was another one before. */
  resize(request: Command<'resize'>, cause: Cause): boolean;
  /** @returns the leader of the process group that got it. */
  signal(signal: string, cause: Cause): number;
  /** A copy of past output; a `from` that is gone already is answered with the oldest bytes and a `gap`. */
  readOutput(request: Command<'read_output'>): ResponseDataOf<'read_output'>;
  /** Waits until output or exit fulfil a condition; aborting the signal ends that. */
  waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>>;
}
