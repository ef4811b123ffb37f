import * as z from 'zod';
import { type AgentSessionInfo, agentSessionInfo } from './agent/agent-session-info.ts';
import { byKind } from './by-kind.ts';
import { type ExitInfo, exitInfo } from './exit-info.ts';
import {
  cells,
  type FieldArguments,
  id,
  object,
  offset,
  oneOf,
  processId,
  ratio,
  sessionId,
  timestamp,
} from './fields.ts';
import { processArgs, processText } from './process-fields.ts';
import { type Retention, retention, sessionName } from './session-fields.ts';

/** What a session is made of. */
export type SessionKind = 'pty' | 'agent';

/** Where a terminal is in its life; `stopped` is final. */
export type PtyState = 'spawning' | 'active' | 'throttled' | 'errored' | 'stopped';

/** What happens when output arrives faster than it is read: lose the oldest bytes, or stop reading so that the program blocks. */
export type OverflowPolicy = 'drop-oldest' | 'pause';

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
export type SessionInfo = PtySessionInfo | AgentSessionInfo;

/** Schema of {@link PtyState}. */
export const ptyState: z.ZodType<PtyState> = oneOf(['spawning', 'active', 'throttled', 'errored', 'stopped']);

/** Schema of {@link OverflowPolicy}. */
export const overflowPolicy: z.ZodType<OverflowPolicy> = oneOf(['drop-oldest', 'pause']);

/** Schema of {@link BufferStats}. */
export const bufferStats: z.ZodType<BufferStats> = object<BufferStats>({
  totalWritten: offset,
  totalDropped: offset,
  currentUtilization: ratio,
  overflowEvents: offset,
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

/** Schema of {@link PtySessionInfo}. */
export const ptySessionInfo: z.ZodType<PtySessionInfo> = object<PtySessionInfo>(...sessionFields);

/** Schema of {@link SessionInfo}. */
export const sessionInfo: z.ZodType<SessionInfo> = byKind(ptySessionInfo, agentSessionInfo);
