import type { Clock } from './clock.ts';

/** Something that counts as idle when it has done nothing for a while. */
export interface Idler {
  readonly idleTimeoutMs: number;
  /** When it last did something, on the monitor's clock. */
  readonly lastActiveAt: number;
  /** Called once per {@link IdleMonitor.watch}, when it has done nothing for its timeout. */
  becameIdle(): void;
}

/**
 * Notices silence. One background timer serves any number of idlers, each with a timeout of its own, and activity costs
 * nothing here: it is looked at when a timeout could have passed.
 */
export class IdleMonitor {
  readonly #clock: Clock;
  readonly #watched = new Set<Idler>();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches until it becomes idle or is left alone. Does nothing for one that is watched. */
  watch(idler: Idler): void {
    this.#watched.add(idler);
    this.#lookAt(dueAt(idler));
  }

  /** Leaves it alone. Does nothing for one that is not watched. The last one takes the timer with it. */
  unwatch(idler: Idler): void {
    this.#watched.delete(idler);
    if (this.#watched.size === 0) this.#stopTimer();
  }

  snapshot(): { readonly watched: number } {
    return { watched: this.#watched.size };
  }

  #lookAt(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#stopTimer();
    const delayMs = Math.max(0, at - this.#clock.now());
    this.#timer = { at, cancel: this.#clock.after(delayMs, () => this.#look(), { background: true }) };
  }

  #look(): void {
    this.#timer = undefined;
    for (const idler of [...this.#watched]) {
      if (!this.#watched.has(idler)) continue;
      if (dueAt(idler) > this.#clock.now()) {
        this.#lookAt(dueAt(idler));
        continue;
      }
      this.#watched.delete(idler);
      idler.becameIdle();
    }
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

function dueAt({ lastActiveAt, idleTimeoutMs }: Idler): number {
  return lastActiveAt + idleTimeoutMs;
}
