import type { OutputStats } from './output-stats.ts';
import type { PtyState, PtyStateEvent } from './pty-state.ts';
import type { SignalOutcome } from './signal-audit.ts';

/** Why a child was ended from here: because somebody asked for it, because its time was over, or because the program that hosts it ends. */
export type EndReason = 'terminated' | 'expired' | 'shutdown';

/** How a child ended. Exactly one of `exitCode` and `signal` is not null. */
export interface PtyExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** `exited` by itself, `signaled` from outside, or the reason that {@link Pty.terminate} was called with first. */
  readonly reason: 'exited' | 'signaled' | EndReason;
}

/** What happens in the life of a PTY. */
export type PtyEventBody =
  | { readonly type: 'pty.spawned'; readonly pid: number; readonly cols: number; readonly rows: number }
  | {
      readonly type: 'pty.state.changed';
      readonly from: PtyState;
      readonly to: PtyState;
      readonly cause: PtyStateEvent;
    }
  /** Output came: how much since the last such event, never which. At most once a second; the sums are exact. */
  | { readonly type: 'pty.output'; readonly bytes: number; readonly endOffset: number }
  | {
      readonly type: 'pty.resized';
      readonly cols: number;
      readonly rows: number;
      readonly oldCols: number;
      readonly oldRows: number;
    }
  | {
      readonly type: 'pty.signal.delivered';
      readonly signal: string;
      readonly outcome: SignalOutcome;
      readonly pid: number;
      readonly error?: string;
    }
  /** There was no output for the idle timeout. */
  | { readonly type: 'pty.idle_timeout'; readonly idleTimeoutMs: number }
  /** Undelivered output has filled the buffer up to its threshold; `off` follows when a tenth of it less is left. */
  | { readonly type: 'pty.backpressure.on'; readonly utilization: number; readonly stats: OutputStats }
  | { readonly type: 'pty.backpressure.off'; readonly utilization: number; readonly stats: OutputStats }
  /** Undelivered output was overwritten. At most once a second; the sums are exact. */
  | {
      readonly type: 'pty.buffer.overflow';
      readonly droppedBytesSinceLastEvent: number;
      readonly totalDroppedBytes: number;
      readonly bufferUtilization: number;
    }
  | { readonly type: 'pty.terminating'; readonly gracePeriodMs: number }
  | { readonly type: 'pty.force_killed' }
  | { readonly type: 'pty.error'; readonly message: string }
  /** The child was reaped; background jobs may still have the terminal open. */
  | ({ readonly type: 'pty.exited' } & PtyExit)
  /** The output has ended at `endOffset`; always the last event. */
  | ({ readonly type: 'pty.stopped'; readonly endOffset: number } & PtyExit);

/** Whose a PTY is: labels its owner gives, carried in every event. */
export interface PtyLabels {
  readonly ptyId: string;
  /** `default` unless given. */
  readonly laneId: string;
  /** The `ptyId` unless given. */
  readonly sessionId: string;
  /** The `ptyId` unless given. */
  readonly terminalId: string;
}

/** Which command caused something. */
export interface Cause {
  /** Carried by every event that follows from the call. */
  readonly correlationId?: string | undefined;
}

/** An event with the labels of its PTY, its times and its cause. */
export type PtyEvent = PtyEventBody &
  PtyLabels & {
    /** Monotonic milliseconds. */
    readonly timestamp: number;
    /** RFC 3339. */
    readonly ts: string;
    /** Of the command that caused it; absent for what a child does by itself. */
    readonly correlationId?: string;
  };

/** Stops the listener it was returned for. */
export type Unsubscribe = () => void;
