import type { Clock } from './clock.ts';
import type { IdleMonitor, Idler } from './idle-monitor.ts';
import type { PtyLife } from './pty-life.ts';

/** Makes a PTY `throttled` when it has printed nothing for its timeout, and `active` again with the next output. */
export class Idleness implements Idler {
  readonly idleTimeoutMs: number;
  readonly #life: PtyLife;
  readonly #monitor: IdleMonitor;
  readonly #clock: Clock;
  #lastActiveAt: number;

  /** Begins to watch. No timeout means never. */
  constructor(idleTimeoutMs: number | null, life: PtyLife, monitor: IdleMonitor, clock: Clock) {
    this.idleTimeoutMs = idleTimeoutMs ?? Number.POSITIVE_INFINITY;
    this.#life = life;
    this.#monitor = monitor;
    this.#clock = clock;
    this.#lastActiveAt = clock.now();
    this.#watch();
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt;
  }

  becameIdle(): void {
    this.#life.tell({ type: 'pty.idle_timeout', idleTimeoutMs: this.idleTimeoutMs });
    if (this.#life.state === 'active') this.#life.apply('idle-timeout');
  }

  /** Begins the silence anew. */
  outputArrived(): void {
    this.#lastActiveAt = this.#clock.now();
    if (this.#life.state !== 'throttled') return;
    this.#life.apply('output-resumed');
    this.#watch();
  }

  /** Watches no longer. Idempotent. */
  end(): void {
    this.#monitor.unwatch(this);
  }

  #watch(): void {
    if (this.idleTimeoutMs !== Number.POSITIVE_INFINITY) this.#monitor.watch(this);
  }
}
