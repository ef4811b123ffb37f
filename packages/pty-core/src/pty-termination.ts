import type { Clock } from './clock.ts';
import type { SignalName } from './signals.ts';
import { type EndableSession, endSession, Grace } from './termination.ts';

/** What happens while a PTY is being ended; `correlationId` is that of the first call. */
export interface TerminationHooks {
  /** Resolves when the leader was reaped. */
  readonly leaderExited: Promise<unknown>;
  /** Before the first signal. */
  readonly onBegin: (gracePeriodMs: number, correlationId?: string) => void;
  readonly onSignal: (signal: SignalName, delivered: boolean, correlationId?: string) => void;
  /** No process of the session is left, or it cannot be ended. */
  readonly onSwept: () => Promise<unknown>;
}

/** The one ending of a PTY: the first call begins it, later ones join it and can only make it faster. */
export class PtyTermination {
  readonly #session: EndableSession;
  readonly #clock: Clock;
  readonly #hooks: TerminationHooks;
  #begun: { readonly grace: Grace; readonly correlationId: string | undefined } | undefined;
  #over: Promise<unknown> | undefined;

  constructor(session: EndableSession, clock: Clock, hooks: TerminationHooks) {
    this.#session = session;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  get begun(): boolean {
    return this.#begun !== undefined;
  }

  /** Of the call that began it. */
  get correlationId(): string | undefined {
    return this.#begun?.correlationId;
  }

  /** @returns when everything is over: what `onSwept` waited for. */
  request(gracePeriodMs: number, correlationId?: string): Promise<unknown> {
    this.#begun?.grace.shorten(gracePeriodMs);
    if (this.#over === undefined) {
      this.#begun = { grace: new Grace(gracePeriodMs, this.#clock), correlationId };
      let settle!: (over: Promise<void>) => void;
      // Set before anything happens: a listener of what happens may call this again.
      this.#over = new Promise<void>((resolve) => {
        settle = resolve;
      });
      settle(this.#end(this.#begun.grace, correlationId));
    }
    return this.#over;
  }

  async #end(grace: Grace, correlationId: string | undefined): Promise<void> {
    const { leaderExited, onBegin, onSignal, onSwept } = this.#hooks;
    onBegin(grace.gracePeriodMs, correlationId);
    await endSession(this.#session, {
      grace,
      leaderExited,
      clock: this.#clock,
      onSignal: (signal, delivered) => onSignal(signal, delivered, correlationId),
    });
    await onSwept();
  }
}
