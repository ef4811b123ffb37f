import type { PtyState } from './pty-state.ts';

/** How a child ended. Exactly one of `exitCode` and `signal` is not null. */
export interface PtyExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** `exited` by itself, `signaled` from outside, or `terminated` by {@link Pty.terminate}. */
  readonly reason: 'exited' | 'signaled' | 'terminated';
}

/** What happens in the life of a PTY. */
export type PtyEventBody =
  | { readonly type: 'pty.spawned'; readonly pid: number; readonly cols: number; readonly rows: number }
  | { readonly type: 'pty.state.changed'; readonly from: PtyState; readonly to: PtyState; readonly cause: string }
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
      readonly outcome: 'delivered' | 'failed' | 'escalated';
    }
  | { readonly type: 'pty.terminating'; readonly gracePeriodMs: number }
  | { readonly type: 'pty.force_killed' }
  | { readonly type: 'pty.error'; readonly message: string }
  /** The child was reaped; background jobs may still have the terminal open. */
  | ({ readonly type: 'pty.exited' } & PtyExit)
  /** The output has ended at `endOffset`; always the last event. */
  | ({ readonly type: 'pty.stopped'; readonly endOffset: number } & PtyExit);

/** The labels every event of a PTY carries. */
export interface PtyLabels {
  readonly ptyId: string;
  readonly laneId?: string;
  readonly sessionId?: string;
  readonly terminalId?: string;
}

/** An event with the labels of its PTY and its times. */
export type PtyEvent = PtyEventBody &
  PtyLabels & {
    /** Monotonic milliseconds. */
    readonly timestamp: number;
    /** RFC 3339. */
    readonly ts: string;
  };

/** Stops the listener it was returned for. */
export type Unsubscribe = () => void;
