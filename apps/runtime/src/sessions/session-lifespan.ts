import type { ExpiryReason } from '@sessiond/protocol';
import type { Guard } from '../containment.ts';

/** How long a session may live, and how long it may be silent; `null` for as long as it likes. */
export interface LifespanLimits {
  readonly maxLifetimeMs: number | null;
  readonly maxIdleMs: number | null;
}

/** What a lifespan reads and tells. */
export interface LifespanOptions extends LifespanLimits {
  /** Monotonic milliseconds since the session began. */
  readonly ageMs: () => number;
  /** Milliseconds since its last input or output. */
  readonly quietMs: () => number;
  /** The session's own, for what its timer does and what follows from it. */
  readonly guard: Guard;
  /** It will be ended in `inMs`; told before {@link onExpired}, and once per silence. */
  readonly onExpiring: (reason: ExpiryReason, inMs: number) => void;
  /** It is to be ended now. Told once. */
  readonly onExpired: (reason: ExpiryReason) => unknown;
}

/** Time between the announcement of an end and the end; half of the limit where that is less. */
const NOTICE_MS = 60_000;

/** One limit as it stands. */
interface Due {
  readonly reason: ExpiryReason;
  /** Until the limit is reached. */
  readonly leftMs: number;
  /** Until there is something to do about it. */
  readonly dueMs: number;
}

/**
 * Watches the limits on the age and on the silence of one session, announces its end and then demands it. Input and output put the end of
 * a silence off, also one that was announced.
 *
 * Activity costs nothing: it is looked at when a limit could have been reached. One timer while there is a limit, which does not keep the process alive.
 */
export class SessionLifespan {
  readonly #options: LifespanOptions;
  readonly #announced = new Set<ExpiryReason>();
  #timer: NodeJS.Timeout | undefined;
  readonly #look: () => void;
  readonly #expire: (reason: ExpiryReason) => void;
  #over = false;

  constructor(options: LifespanOptions) {
    this.#options = options;
    this.#look = options.guard(() => this.check());
    this.#expire = options.guard((reason: ExpiryReason) => options.onExpired(reason));
    this.check();
  }

  /** Does what is due; the timer's job, and that of tests. */
  check(): void {
    clearTimeout(this.#timer);
    while (!this.#over) {
      const next = this.#next();
      if (next === undefined) return;
      if (next.dueMs > 0) {
        // Up: a timer that comes a fraction of a millisecond early would only have to be set again.
        this.#timer = setTimeout(this.#look, Math.ceil(next.dueMs)).unref();
        return;
      }
      this.#act(next);
    }
  }

  /** Watches no longer. Idempotent. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #act({ reason, leftMs }: Due): void {
    if (!this.#announced.has(reason)) {
      this.#announced.add(reason);
      this.#options.onExpiring(reason, Math.max(0, Math.round(leftMs)));
    } else {
      this.close();
      this.#expire(reason);
    }
  }

  #next(): Due | undefined {
    const { maxLifetimeMs, maxIdleMs, ageMs, quietMs } = this.#options;
    const lifetime = maxLifetimeMs === null ? undefined : this.#due('lifetime', maxLifetimeMs, ageMs());
    const idle = maxIdleMs === null ? undefined : this.#due('idle', maxIdleMs, quietMs());
    if (lifetime === undefined || idle === undefined) return lifetime ?? idle;
    return idle.dueMs < lifetime.dueMs ? idle : lifetime;
  }

  #due(reason: ExpiryReason, limitMs: number, spentMs: number): Due {
    const leftMs = limitMs - spentMs;
    const noticeMs = Math.min(NOTICE_MS, limitMs / 2);
    // Its silence was broken: the next one is announced anew.
    if (leftMs > noticeMs) this.#announced.delete(reason);
    return { reason, leftMs, dueMs: this.#announced.has(reason) ? leftMs : leftMs - noticeMs };
  }
}
