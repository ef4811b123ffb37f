import type { Command, ResponseDataOf, SessionInfo, SessionState } from '@sessiond/protocol';
import type { Cause } from './cause.ts';
import type { AttachmentHandlers, SessionAttachment, SessionEvent, SessionFacts } from './session-host.ts';
import type { SessionRecord } from './session-record.ts';

/** What can be done with any session of this process, whether its program is at hand or all that is left of it is a record. */
export interface HostedSession {
  readonly sessionId: string;
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
  /** The remembered events behind a number, oldest first. */
  eventsAfter(seq: number): readonly SessionEvent[];
  rename(name: string): SessionInfo;
  /** @throws ProtocolError for another life of the stream or an offset that was never written. */
  attach(request: Command<'attach'>, handlers: AttachmentHandlers): SessionAttachment;
  write(data: Uint8Array): void;
  /** @returns whether the size was another one before. */
  resize(request: Command<'resize'>, cause: Cause): boolean;
  /** @returns the leader of the process group that got it. */
  signal(signal: string, cause: Cause): number;
  /** Ends the program if it runs; answers how it ended. */
  terminate(gracePeriodMs: number | undefined, cause: Cause): Promise<ResponseDataOf<'terminate'>>;
  /** A copy of past output; a `from` that is gone already is answered with the oldest bytes and a `gap`. */
  readOutput(request: Command<'read_output'>): ResponseDataOf<'read_output'>;
  /** Waits until output or exit fulfil a condition; aborting the signal ends that. */
  waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>>;
}
