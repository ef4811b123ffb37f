import type { Clock } from './clock.ts';
import type { PtyLife } from './pty-life.ts';
import { SignalAudit, type SignalOutcome, type SignalRecord } from './signal-audit.ts';
import type { ProcessSession, SignalName } from './signals.ts';

/** Sends signals to the processes of one PTY, and accounts for every one: in the audit and as an event. */
export class SignalSender {
  readonly #ptyId: string;
  readonly #session: ProcessSession;
  readonly #life: PtyLife;
  readonly #clock: Clock;
  readonly #audit = new SignalAudit();

  constructor(ptyId: string, session: ProcessSession, life: PtyLife, clock: Clock) {
    this.#ptyId = ptyId;
    this.#session = session;
    this.#life = life;
    this.#clock = clock;
  }

  /** The last fifty, oldest first. */
  get records(): readonly SignalRecord[] {
    return this.#audit.records;
  }

  /** Why a signal would reach nobody. */
  get unreachable(): string {
    return this.#session.leaderKnownGone ? 'the child has ended' : 'no such process';
  }

  /** Signals the child's process group. @returns whether anybody received it. */
  toGroup(signal: SignalName, correlationId?: string): boolean {
    const delivered = this.#session.signalLeaderGroup(signal);
    this.account(signal, delivered ? 'delivered' : 'failed', correlationId);
    return delivered;
  }

  /** Signals every process of the session, if there is any. */
  toAll(signal: SignalName, correlationId?: string): void {
    if (this.#session.signalAll(signal)) this.account(signal, 'delivered', correlationId);
  }

  /** Notes and tells what became of a signal. */
  account(signal: SignalName, outcome: SignalOutcome, correlationId?: string): void {
    const delivery = {
      signal,
      outcome,
      pid: this.#session.leaderPid,
      ...(outcome === 'failed' && { error: this.unreachable }),
    };
    this.#audit.add({ ptyId: this.#ptyId, timestamp: this.#clock.now(), ...delivery });
    this.#life.tell({ type: 'pty.signal.delivered', ...delivery }, correlationId);
  }
}
