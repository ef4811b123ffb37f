import type { PtyExit, PtyLabels } from './events.ts';
import type { OutputSnapshot } from './output-buffer.ts';
import type { PtyState, PtyTransition } from './pty-state.ts';
import type { SignalRecord } from './signal-audit.ts';

/** One PTY as plain JSON. */
export interface PtySnapshot extends PtyLabels {
  readonly pid: number;
  readonly state: PtyState;
  readonly cols: number;
  readonly rows: number;
  /** RFC 3339. */
  readonly createdAt: string;
  /** When the state or the size last changed, RFC 3339. */
  readonly updatedAt: string;
  /** RFC 3339; `null` before any output. */
  readonly lastOutputAt: string | null;
  readonly idleTimeoutMs: number | null;
  readonly exit: PtyExit | null;
  readonly pendingInputBytes: number;
  readonly output: OutputSnapshot;
  /** The last ten transitions, oldest first. */
  readonly history: readonly PtyTransition[];
  /** The last fifty signals, oldest first. */
  readonly signals: readonly SignalRecord[];
  /** How many times a listener of this PTY threw or rejected. */
  readonly listenerFailures: number;
}
