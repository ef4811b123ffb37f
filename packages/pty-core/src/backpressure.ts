import { InvalidOptionError } from './errors.ts';

/** How much the utilization has to fall below the threshold before the pressure is off. */
const HYSTERESIS = 0.1;

/**
 * Whether readers lag behind: on from `threshold` of the capacity on, off when less than the threshold minus a tenth is
 * undelivered. What lies between changes nothing, so that a reader at the edge does not flap. A buffer without capacity
 * keeps nothing for anybody and is never under pressure.
 */
export class Backpressure {
  readonly #onBytes: number;
  readonly #offBytes: number;
  #on = false;

  /** @throws InvalidOptionError for a threshold that is not more than 0.1 and at most 1. */
  constructor(capacityBytes: number, threshold: number) {
    if (!(Number.isFinite(threshold) && threshold > HYSTERESIS && threshold <= 1)) {
      throw new InvalidOptionError('backpressureThreshold', threshold, 'more than 0.1 and at most 1');
    }
    this.#onBytes = capacityBytes === 0 ? Number.POSITIVE_INFINITY : threshold * capacityBytes;
    this.#offBytes = (threshold - HYSTERESIS) * capacityBytes;
  }

  get on(): boolean {
    return this.#on;
  }

  /** Looks at how much is undelivered now. @returns whether the pressure went on or off. */
  update(undeliveredBytes: number): boolean {
    const on = this.#on ? undeliveredBytes >= this.#offBytes : undeliveredBytes >= this.#onBytes;
    if (on === this.#on) return false;
    this.#on = on;
    return true;
  }

  /** Ends the pressure, whatever is undelivered. @returns whether there was any. */
  release(): boolean {
    const was = this.#on;
    this.#on = false;
    return was;
  }
}
