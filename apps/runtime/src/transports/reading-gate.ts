import type { Transport } from './transport.ts';

/** Why a transport is not read: its client does not read either, or has sent more than it may. */
export type PauseReason = 'unread' | 'rate';

/** Something that can stop and go on to be read. */
export type Pausable = Pick<Transport, 'pauseReading' | 'resumeReading'>;

/** Lets a transport be read only while nobody has a reason against it. */
export class ReadingGate {
  readonly #subject: Pausable;
  readonly #holds: Record<PauseReason, boolean> = { unread: false, rate: false };

  constructor(subject: Pausable) {
    this.#subject = subject;
  }

  /** Stops reading, for one more reason. Idempotent. */
  pause(reason: PauseReason): void {
    if (!this.#isHeld) this.#subject.pauseReading();
    this.#holds[reason] = true;
  }

  /** Takes a reason back; reading goes on when it was the last one. Idempotent. */
  resume(reason: PauseReason): void {
    if (!this.#holds[reason]) return;
    this.#holds[reason] = false;
    if (!this.#isHeld) this.#subject.resumeReading();
  }

  get #isHeld(): boolean {
    return this.#holds.unread || this.#holds.rate;
  }
}
