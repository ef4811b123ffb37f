import type { Clock } from './clock.ts';
import type { EndReason, PtyExit } from './events.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { PtyLife } from './pty-life.ts';
import { PtyTermination } from './pty-termination.ts';
import { settledWithin } from './settled-within.ts';
import type { SignalSender } from './signal-sender.ts';
import { type ProcessSession, signalName } from './signals.ts';

/** How long the terminal may stay open after the last process of its session before its output is ended by force. */
const FORCED_END_MS = 1_000;

/** What comes to its end. */
export interface PtyEndParts {
  readonly session: ProcessSession;
  readonly signals: SignalSender;
  readonly life: PtyLife;
  readonly output: OutputBuffer;
  readonly clock: Clock;
  /** Ends the output if it has not ended by itself. */
  readonly finishOutput: () => void;
}

/**
 * The end of a PTY: its child is reaped, its output ends, and, if somebody ends it from here, the other processes of its session go; it has stopped
 * when all of that has come about, in whatever order.
 *
 * Tells `pty.exited` once, and `pty.stopped` once, after everything else.
 */
export class PtyEnd {
  /** Resolves once, with the exit. Never rejects. */
  readonly stopped: Promise<PtyExit>;
  readonly #parts: PtyEndParts;
  readonly #termination: PtyTermination;
  #exit: PtyExit | null = null;
  /** Nothing is left to come. */
  #over = false;
  #resolveExited!: () => void;
  #resolveOutputEnded!: () => void;
  #resolveStopped!: (exit: PtyExit) => void;

  constructor(parts: PtyEndParts) {
    this.#parts = parts;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    const leaderExited = new Promise<void>((resolve) => {
      this.#resolveExited = resolve;
    });
    const outputEnded = new Promise<void>((resolve) => {
      this.#resolveOutputEnded = resolve;
    });
    const afterSweep = async (): Promise<void> => {
      await leaderExited;
      await settledWithin(parts.clock, FORCED_END_MS, outputEnded);
      parts.finishOutput();
      this.#stop();
    };
    this.#termination = new PtyTermination({ ...parts, leaderExited, afterSweep });
  }

  /** How the child ended; `null` until it was reaped. */
  get exit(): PtyExit | null {
    return this.#exit;
  }

  /** Whether SIGKILL was needed. */
  get forceKilled(): boolean {
    return this.#termination.forceKilled;
  }

  /** Ends what is left, see {@link PtyTermination}; of a PTY that has stopped nothing is. @returns the exit, when it has stopped. */
  async request(gracePeriodMs: number, reason: EndReason, correlationId?: string): Promise<PtyExit> {
    if (!this.#over) await this.#termination.request(gracePeriodMs, reason, correlationId);
    return this.stopped;
  }

  /** The child was reaped, with an exit code or, if it is not 0, by a signal. */
  childExited(exitCode: number, signal: number): void {
    const { begun, reason, correlationId } = this.#termination;
    this.#parts.session.leaderReaped();
    this.#exit = {
      exitCode: signal === 0 ? exitCode : null,
      signal: signal === 0 ? null : signalName(signal),
      reason: begun ? reason : signal === 0 ? 'exited' : 'signaled',
    };
    this.#parts.life.tell({ type: 'pty.exited', ...this.#exit }, correlationId);
    this.#resolveExited();
  }

  /** Everything was read; the child was reaped before. */
  outputEnded(): void {
    this.#resolveOutputEnded();
    // A process that does not use the terminal may still have to be ended: that belongs to this life, and is waited for.
    if (!this.#termination.begun) this.#stop();
  }

  #stop(): void {
    const exit = this.#exit!;
    const { life, output } = this.#parts;
    const { correlationId } = this.#termination;
    this.#over = true;
    if (wasEnded(exit) || exit.exitCode === 0) life.apply('graceful-end', correlationId);
    else {
      life.apply('unexpected-exit', correlationId);
      life.apply('cleanup', correlationId);
    }
    life.tell({ type: 'pty.stopped', ...exit, endOffset: output.end }, correlationId);
    this.#resolveStopped(exit);
  }
}

/** Whether the child was ended from here, whatever its code or signal then was. */
function wasEnded({ reason }: PtyExit): boolean {
  return reason !== 'exited' && reason !== 'signaled';
}
