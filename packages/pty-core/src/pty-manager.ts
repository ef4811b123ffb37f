import { type Clock, systemClock } from './clock.ts';
import { CapacityExceededError, DuplicatePtyError, InvalidOptionError } from './errors.ts';
import type { PtyEvent, Unsubscribe } from './events.ts';
import { FloodScheduler } from './flood-scheduler.ts';
import { Listeners } from './listeners.ts';
import { loadNativeBinding } from './native-binding.ts';
import { createPumpShare } from './output-pump.ts';
import { LinuxProcessTable } from './processes.ts';
import { Pty, type PtyHost } from './pty.ts';
import type { PtyOptions } from './pty-options.ts';

/** Settings of a {@link PtyManager}. */
export interface PtyManagerOptions {
  /** The most PTYs alive at a time. Default 300. */
  readonly maxPtys?: number;
  /** Default: the time of this process. */
  readonly clock?: Clock;
}

const DEFAULTS = Object.freeze({ maxPtys: 300 });

/** All PTYs of a process: starts them, bounds their number, passes their events on, ends them. */
export class PtyManager {
  readonly maxPtys: number;
  readonly #host: PtyHost;
  readonly #ptys = new Map<string, Pty>();
  readonly #events = new Listeners<PtyEvent>();
  #nextId = 1;

  /** @throws BindingError when node-pty cannot be used here. */
  constructor(options: PtyManagerOptions = {}) {
    this.maxPtys = options.maxPtys ?? DEFAULTS.maxPtys;
    if (!Number.isSafeInteger(this.maxPtys) || this.maxPtys < 0) {
      throw new InvalidOptionError('maxPtys', this.maxPtys, 'an integer of at least 0');
    }
    const clock = options.clock ?? systemClock;
    this.#host = {
      binding: loadNativeBinding(),
      pump: createPumpShare(new FloodScheduler({ now: clock.now })),
      processes: new LinuxProcessTable(clock.now),
      clock,
    };
  }

  /** PTYs that have not stopped. */
  get size(): number {
    return this.#ptys.size;
  }

  /**
   * Starts a child on a new terminal. `ptyId` names it; without one it gets `pty-1`, `pty-2` …
   * The PTY is registered when its first event arrives, and gone when `pty.stopped` does, so a listener of that may spawn
   * its successor under the same id.
   * @throws CapacityExceededError, DuplicatePtyError, SpawnError, InvalidOptionError; no process exists then.
   */
  spawn(options: PtyOptions & { readonly ptyId?: string }): Pty {
    if (this.#ptys.size >= this.maxPtys) throw new CapacityExceededError(this.maxPtys);
    const id = options.ptyId ?? this.#freeId();
    if (this.#ptys.has(id)) throw new DuplicatePtyError(id);
    const events: PtyEvent[] = [];
    let deliver = (event: PtyEvent): void => {
      events.push(event);
    };
    try {
      const pty = new Pty(id, options, this.#host, (event) => deliver(event));
      this.#ptys.set(id, pty);
      return pty;
    } finally {
      deliver = (event) => this.#deliver(event);
      for (const event of events) deliver(event);
    }
  }

  /** A living PTY. */
  get(ptyId: string): Pty | undefined {
    return this.#ptys.get(ptyId);
  }

  /** Calls `listener` for every event of every PTY. */
  onEvent(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#events.add(listener);
  }

  /** Ends all children there are now; resolves when no process of theirs is left. */
  async terminateAll(options: { readonly gracePeriodMs?: number } = {}): Promise<void> {
    await Promise.all([...this.#ptys.values()].map((pty) => pty.terminate(options)));
  }

  snapshot(): { readonly ptys: number; readonly maxPtys: number; readonly flooding: number; readonly held: boolean } {
    return { ptys: this.#ptys.size, maxPtys: this.maxPtys, ...this.#host.pump.scheduler.snapshot() };
  }

  #deliver(event: PtyEvent): void {
    if (event.type === 'pty.stopped') this.#ptys.delete(event.ptyId);
    this.#events.emit(event);
  }

  #freeId(): string {
    let id: string;
    do id = `pty-${this.#nextId++}`;
    while (this.#ptys.has(id));
    return id;
  }
}
