import type { Clock } from './clock.ts';
import type { EndReason } from './events.ts';
import type { PtyLife } from './pty-life.ts';
import type { SignalSender } from './signal-sender.ts';
import type { ProcessSession, SignalName } from './signals.ts';
import { endSession, Grace } from './termination.ts';

/** What the ending of a PTY is made of. */
export interface TerminationParts {
  readonly session: ProcessSession;
  readonly signals: SignalSender;
  readonly life: PtyLife;
  readonly clock: Clock;
  /** Resolves when the leader was reaped. */
  readonly leaderExited: Promise<unknown>;
  /** Called when no process of the session is left, or none that can be ended; resolves when the PTY has stopped. */
  readonly afterSweep: () => Promise<unknown>;
}

/** The one ending of a PTY: the first call begins it, later ones join it and can only make it faster. */
export class PtyTermination {
  readonly #parts: TerminationParts;
  #grace: Grace | undefined;
  #correlationId: string | undefined;
  #reason: EndReason = 'terminated';
  #over: Promise<void> | undefined;
  #forceKilled = false;

  constructor(parts: TerminationParts) {
    this.#parts = parts;
  }

  get begun(): boolean {
    return this.#grace !== undefined;
  }

  /** Of the call that began it. */
  get correlationId(): string | undefined {
    return this.#correlationId;
  }

  /** Of the call that began it. */
  get reason(): EndReason {
    return this.#reason;
  }

  /** Whether SIGKILL was needed. */
  get forceKilled(): boolean {
    return this.#forceKilled;
  }

  /** Resolves when the PTY has stopped. */
  request(gracePeriodMs: number, reason: EndReason, correlationId?: string): Promise<void> {
    this.#grace?.shorten(gracePeriodMs);
    if (this.#over === undefined) {
      this.#grace = new Grace(gracePeriodMs, this.#parts.clock);
      this.#correlationId = correlationId;
      this.#reason = reason;
      let settle!: (over: Promise<void>) => void;
      // Set before anything happens: a listener of what happens may call this again.
      this.#over = new Promise<void>((resolve) => {
        settle = resolve;
      });
      settle(this.#end(this.#grace));
    }
    return this.#over;
  }

  async #end(grace: Grace): Promise<void> {
    const { session, life, clock, leaderExited, afterSweep } = this.#parts;
    life.tell({ type: 'pty.terminating', gracePeriodMs: grace.gracePeriodMs }, this.#correlationId);
    const onSignal = (signal: SignalName, delivered: boolean): void => this.#signalled(signal, delivered);
    await endSession(session, { grace, leaderExited, clock, onSignal });
    await afterSweep();
  }

  #signalled(signal: SignalName, delivered: boolean): void {
    const outcome = !delivered ? 'failed' : signal === 'SIGTERM' ? 'delivered' : 'escalated';
    this.#parts.signals.account(signal, outcome, this.#correlationId);
    if (signal !== 'SIGKILL' || !delivered) return;
    this.#forceKilled = true;
    this.#parts.life.tell({ type: 'pty.force_killed' }, this.#correlationId);
  }
}
