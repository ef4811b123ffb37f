import type { Transport } from './transport.ts';

/** Why a transport is not read: its client does not read either, or has sent more than it may. */
export type PauseReason = 'unread' | 'rate';

/** Something that can stop and go on to be read. */
export type Pausable = Pick<Transport, 'pauseReading' | 'resumeReading'>;

/** Lets a transport be read only while nobody has a reason against it. */
export class ReadingGate {
  readonly #subject: Pausable;
  readonly #reasons = new Set<PauseReason>();

  constructor(subject: Pausable) {
    this.#subject = subject;
  }

  /** Stops reading, for one more reason. Idempotent. */
  pause(reason: PauseReason): void {
    this.#reasons.add(reason);
    if (this.#reasons.size === 1) this.#subject.pauseReading();
  }

  /** Takes a reason back; reading goes on when it was the last one. Idempotent. */
  resume(reason: PauseReason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#subject.resumeReading();
  }
}
