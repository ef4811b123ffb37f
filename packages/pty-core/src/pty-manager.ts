import { CapacityExceededError, DuplicatePtyError, InvalidOptionError } from './errors.ts';
import type { PtyEvent, Unsubscribe } from './events.ts';
import { FloodScheduler } from './flood-scheduler.ts';
import { Listeners } from './listeners.ts';
import { loadNativeBinding } from './native-binding.ts';
import { createPumpShare } from './output-pump.ts';
import { Pty, type PtyHost, type PtyOptions } from './pty.ts';

/** Settings of a {@link PtyManager}. */
export interface PtyManagerOptions {
  /** The most PTYs alive at a time. Default 300. */
  readonly maxPtys?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
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
    const now = options.now ?? (() => performance.now());
    this.#host = { binding: loadNativeBinding(), pump: createPumpShare(new FloodScheduler({ now })), now };
  }

  /** PTYs that have not stopped. */
  get size(): number {
    return this.#ptys.size;
  }

  /**
   * Starts a child on a new terminal. `ptyId` names it; without one it gets `pty-1`, `pty-2` …
   * @throws CapacityExceededError, DuplicatePtyError, SpawnError, InvalidOptionError; no process exists then.
   */
  spawn(options: PtyOptions & { readonly ptyId?: string }): Pty {
    if (this.#ptys.size >= this.maxPtys) throw new CapacityExceededError(this.maxPtys);
    const id = options.ptyId ?? `pty-${this.#nextId++}`;
    if (this.#ptys.has(id)) throw new DuplicatePtyError(id);
    const pty = new Pty(id, options, this.#host, (event) => this.#events.emit(event));
    this.#ptys.set(id, pty);
    void pty.stopped.then(() => this.#ptys.delete(id));
    return pty;
  }

  /** A living PTY. */
  get(ptyId: string): Pty | undefined {
    return this.#ptys.get(ptyId);
  }

  /** Calls `listener` for every event of every PTY. */
  onEvent(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#events.add(listener);
  }

  /** Ends all children; resolves when no process of theirs is left. */
  async terminateAll(options: { readonly gracePeriodMs?: number } = {}): Promise<void> {
    await Promise.all([...this.#ptys.values()].map((pty) => pty.terminate(options)));
  }

  snapshot(): { readonly ptys: number; readonly maxPtys: number; readonly flooding: number; readonly held: boolean } {
    return { ptys: this.#ptys.size, maxPtys: this.maxPtys, ...this.#host.pump.scheduler.snapshot() };
  }
}
