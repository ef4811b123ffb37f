import * as z from 'zod';
import {
  cells,
  durationMs,
  type FieldArguments,
  id,
  integer,
  object,
  offset,
  oneOf,
  orNull,
  processId,
  type RequiredFields,
  ratio,
  sessionId,
  signalName,
  text,
  timestamp,
} from './fields.ts';
import { processArgs, processText } from './process-fields.ts';

/** What a session is made of. */
export type SessionKind = 'pty' | 'agent';

/** Where a terminal is in its life; `stopped` is final. */
export type PtyState = 'spawning' | 'active' | 'throttled' | 'errored' | 'stopped';

/** What happens when output arrives faster than it is read: lose the oldest bytes, or stop reading so that the program blocks. */
export type OverflowPolicy = 'drop-oldest' | 'pause';

/**
 * Why a program ended.
 *
 * `exited`: by itself, whatever its code · `signaled`: by a signal that the server did not send for an end · `terminated`: by
 * `terminate` or `delete_session` · `expired`: a lifetime or idle limit · `shutdown`: the server is ending · `lost`: the server was gone
 * while it ran, so nobody knows how.
 */
export type ExitReason = 'exited' | 'signaled' | 'terminated' | 'expired' | 'shutdown' | 'lost';

/** How a program ended. Exactly one of `exitCode` and `signal` is not `null`, unless the status was lost: then both are. */
export interface ExitInfo {
  /** 0 to 255. */
  readonly exitCode: number | null;
  /** The name, for example `SIGTERM`; real-time signals as `SIG34`. */
  readonly signal: string | null;
  readonly reason: ExitReason;
}

/** Counts over the whole life of an output stream. */
export interface BufferStats {
  /** Bytes the program wrote. */
  readonly totalWritten: number;
  /** Bytes overwritten before every reader had them. */
  readonly totalDropped: number;
  /** Share of the buffer that is not delivered yet, 0 to 1. */
  readonly currentUtilization: number;
  /** Times output did not fit and bytes were dropped. */
  readonly overflowEvents: number;
}

/** Everything to be known about a terminal session except its output. */
export interface PtySessionInfo {
  readonly sessionId: string;
  readonly kind: 'pty';
  readonly name?: string;
  /** The id of the principal that created it. */
  readonly owner: string;
  readonly createdAt: string;
  readonly state: PtyState;
  /** Counts successful changes; what `ifSessionVersion` is compared with. */
  readonly version: number;
  /** Absent before the program runs; kept after it ended. */
  readonly pid?: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly laneId: string;
  readonly terminalId: string;
  /** Names this life of the output; offsets of another life mean nothing here. */
  readonly streamId: string;
  /** The oldest offset that can still be read. */
  readonly start: number;
  /** The offset after the newest byte; final once `state` is `stopped`. */
  readonly end: number;
  /** Attachments at the moment, of all connections. */
  readonly attached: number;
  /** When the last output came, RFC 3339; absent before any. */
  readonly lastOutputAt?: string;
  /** Present once the program itself ended, although its terminal may still be held open: only `state` `stopped` means both. */
  readonly exit?: ExitInfo;
  /** When the session stopped, RFC 3339; present once `state` is `stopped`. */
  readonly stoppedAt?: string;
  readonly retention: Retention;
  readonly stats: BufferStats;
  readonly overflow: OverflowPolicy;
  readonly bufferBytes: number;
}

/** The record of a session, discriminated by `kind`. */
export type SessionInfo = PtySessionInfo;

/** How long something is kept. */
export interface Retention {
  /** Milliseconds that a stopped session stays attachable and readable. */
  readonly afterExitMs: number;
}

/** Schema of {@link PtyState}. */
export const ptyState: z.ZodType<PtyState> = oneOf(['spawning', 'active', 'throttled', 'errored', 'stopped']);

/** Schema of {@link OverflowPolicy}. */
export const overflowPolicy: z.ZodType<OverflowPolicy> = oneOf(['drop-oldest', 'pause']);

/** Schema of {@link Retention}. */
export const retention: z.ZodType<Retention> = object<Retention>({ afterExitMs: durationMs });

/** The fields of {@link ExitInfo}, for what extends it. */
export const exitFields: RequiredFields<ExitInfo> = {
  exitCode: orNull(integer(0, 255)),
  signal: orNull(signalName),
  reason: oneOf(['exited', 'signaled', 'terminated', 'expired', 'shutdown', 'lost']),
};

/** Schema of {@link ExitInfo}. */
export const exitInfo: z.ZodType<ExitInfo> = object<ExitInfo>(exitFields);

/** Schema of {@link BufferStats}. */
export const bufferStats: z.ZodType<BufferStats> = object<BufferStats>({
  totalWritten: offset,
  totalDropped: offset,
  currentUtilization: ratio,
  overflowEvents: offset,
});

/** A name for people: no control characters, because it is printed to terminals. */
export const sessionName: z.ZodType<string> = text({
  max: 200,
  pattern: /^\P{Cc}*$/u,
  error: 'must be 1 to 200 characters without control characters',
});

/** The fields of {@link PtySessionInfo}, required and optional ones, for what extends it. */
export const sessionFields: FieldArguments<PtySessionInfo> = [
  {
    sessionId,
    kind: oneOf(['pty']),
    owner: z.string(),
    createdAt: timestamp,
    state: ptyState,
    version: offset,
    command: processText,
    args: processArgs,
    cwd: processText,
    cols: cells,
    rows: cells,
    laneId: id,
    terminalId: id,
    streamId: id,
    start: offset,
    end: offset,
    attached: offset,
    retention,
    stats: bufferStats,
    overflow: overflowPolicy,
    bufferBytes: offset,
  },
  { name: sessionName, pid: processId, lastOutputAt: timestamp, exit: exitInfo, stoppedAt: timestamp },
];

/** Schema of {@link SessionInfo}. */
export const sessionInfo: z.ZodType<SessionInfo> = object<PtySessionInfo>(...sessionFields);
