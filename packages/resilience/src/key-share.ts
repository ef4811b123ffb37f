import { FailureTimes } from './failure-times.ts';

/** What one key has contributed to the failures in a window that all keys share. */
export class KeyShare {
  readonly #times: FailureTimes;
  readonly #windowMs: number;
  #epoch: number;
  #lastAt: number = Number.NEGATIVE_INFINITY;

  /** At most `limit` failures within `windowMs`, beginning with an epoch of the shared window. */
  constructor(limit: number, windowMs: number, epoch: number) {
    this.#times = new FailureTimes(limit, windowMs);
    this.#windowMs = windowMs;
    this.#epoch = epoch;
  }

  /** Takes the place of one failure in the shared window; `false`: the share is used up. A new epoch begins with a whole share. */
  take(epoch: number, now: number): boolean {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#times.clear();
    }
    if (this.#times.full(now)) return false;
    this.#times.record(now);
    this.#lastAt = now;
    return true;
  }

  /** When the last failure leaves the window: until then, forgetting the share would give the key another one. */
  get emptyAt(): number {
    return this.#lastAt + this.#windowMs;
  }
}
