import type { Clock } from './clock.ts';
import type { PtyEvent, PtyEventBody, PtyLabels, Unsubscribe } from './events.ts';
import { Listeners } from './listeners.ts';

/** The events of one PTY: stamps each with its labels, its times and its cause, and passes them on in order. */
export class PtyEvents {
  readonly #listeners = new Listeners<PtyEvent>();
  readonly #labels: () => PtyLabels;
  readonly #clock: Clock;

  constructor(labels: () => PtyLabels, clock: Clock) {
    this.#labels = labels;
    this.#clock = clock;
  }

  /** How many calls of listeners ended in an exception or a rejection. */
  get failures(): number {
    return this.#listeners.failures;
  }

  add(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** @returns the event as everybody got it. */
  emit(body: PtyEventBody, correlationId?: string): PtyEvent {
    const event: PtyEvent = {
      ...body,
      ...this.#labels(),
      timestamp: this.#clock.now(),
      ts: new Date().toISOString(),
      ...(correlationId !== undefined && { correlationId }),
    };
    this.#listeners.emit(event);
    return event;
  }
}
