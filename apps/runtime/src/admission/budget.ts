import type { ProtocolFault } from '@sessiond/protocol';
import { type Clock, RateLimiter, type Reservation } from '@sessiond/resilience';
import { groupDigits } from '../group-digits.ts';
import type { AdmissionObserver, LimiterName } from './admission-observer.ts';
import type { LimiterStatus } from './admission-snapshot.ts';
import type { CommandRefusal } from './command-refusal.ts';

const MINUTE_MS = 60_000;
/** Keys that a budget tells apart; beyond, those that are new share one. About 25 MB at the most. */
const MAX_KEYS = 100_000;

/** How a budget is made. */
export interface BudgetOptions {
  readonly name: LimiterName;
  /** What it is a budget of, for people: `commands of one principal`. */
  readonly of: string;
  /** Commands per minute and key; `null` is off, 0 lets nothing pass. */
  readonly perMinute: number | null;
  readonly observer: AdmissionObserver;
  readonly now: Clock;
}

/** What is taken from a budget that is off. */
const UNLIMITED: Reservation = Object.freeze({ ok: true, generation: 0, refund: () => false });

/** So many commands per minute and key, within any minute; or any number. One command costs O(1) and one small object. */
export class Budget {
  readonly #name: LimiterName;
  readonly #perMinute: number | null;
  readonly #limiter: RateLimiter | undefined;
  readonly #observer: AdmissionObserver;
  readonly #message: string;
  readonly #details: NonNullable<ProtocolFault['details']>;

  constructor({ name, of, perMinute, observer, now }: BudgetOptions) {
    this.#name = name;
    this.#perMinute = perMinute;
    this.#observer = observer;
    if (perMinute !== null) {
      this.#limiter = new RateLimiter({ name, limit: perMinute, windowMs: MINUTE_MS, maxKeys: MAX_KEYS, now });
    }
    const allowed = groupDigits(perMinute ?? 0);
    this.#message = `Cannot run the command: the budget is used up, allowed per minute are ${allowed} ${of}`;
    this.#details = Object.freeze({ limiter: name });
  }

  /** Takes one command from the budget of `key`, or nothing. */
  take(key: string): Reservation | CommandRefusal {
    if (this.#limiter === undefined) return UNLIMITED;
    const answer = this.#limiter.take(key);
    if (answer.ok) {
      this.#observer.limiterDecided(this.#name, 'granted');
      return answer;
    }
    this.#observer.limiterDecided(this.#name, 'refused');
    const fault = { code: 'RATE_LIMITED', message: this.#message, details: this.#details } as const;
    const { retryAfterMs } = answer;
    // A whole number, and none that is too early.
    return { ok: false, fault: retryAfterMs === null ? fault : { ...fault, retryAfterMs: Math.ceil(retryAfterMs) } };
  }

  /** Gives back what one command has taken and did not use. */
  refund(reservation: Reservation): void {
    if (this.#limiter === undefined) return;
    this.#observer.limiterRefunded(this.#name, reservation.refund() ? 'refunded' : 'late');
  }

  snapshot(): LimiterStatus {
    const { keys, generation } = this.#limiter?.snapshot() ?? { keys: 0, generation: 0 };
    return { name: this.#name, limitPerMinute: this.#perMinute, keys, generation };
  }
}
