import type { BreakerState, KeyedBreakerHooks } from './breaker-events.ts';
import { type BreakerOptions, BreakerSettings } from './breaker-settings.ts';
import type { CircuitSnapshot } from './circuit.ts';
import { type Cell, Circuits, type CircuitsSnapshot } from './circuits.ts';
import { monotonicNow, SteadyClock } from './clock.ts';
import { checkInteger, checkNumber } from './errors.ts';
import { type ExecuteOptions, execute } from './execute.ts';
import { HookQueue } from './observe.ts';
import type { Outcome } from './outcome.ts';
import type { Permit } from './permit.ts';
import type { Refusal } from './refusal.ts';

/** The options of every key's breaker, and the bounds of all. */
export interface KeyedBreakerOptions extends Omit<BreakerOptions, 'hooks'> {
  /** Keys that have a breaker of their own at most; by default 10,000. */
  readonly maxKeys?: number;
  /** Milliseconds without use after which a key that has nothing to remember is forgotten; by default 900,000. */
  readonly idleMs?: number;
  readonly hooks?: KeyedBreakerHooks;
}

/** The numbers of a keyed breaker, plain JSON. */
export interface KeyedBreakerSnapshot extends CircuitsSnapshot {
  readonly name: string;
  /** Hooks that threw or rejected. */
  readonly hookErrors: number;
}

/** Bounds of the keys unless options say otherwise. */
export const KEY_DEFAULTS: Readonly<{ maxKeys: number; idleMs: number }> = Object.freeze({
  maxKeys: 10_000,
  idleMs: 900_000,
});

/**
 * A breaker for each key, such as a session or a host, for at most `maxKeys` of them.
 *
 * - A key that is not used is forgotten after `idleMs`, or when its place is needed, the least recently used first.
 * - That is no amnesty: a key stays while a call is in flight, while anything is in its window, while it is open, and as
 *   long as bad probes make `openMs` longer.
 * - A key that opened and is not asked for any more may go when it has not been open for `quietMs`, and for a window: had
 *   a call closed it then, nothing of the outage would be left by now. All that is lost is that its next calls are no probes.
 * - If every key must stay, further keys share one overflow breaker, and their calls are counted.
 * - No timers: each call forgets at most two idle keys. A call costs the same however many keys there are.
 *
 * A call that never ends keeps its key: give calls a deadline. Whoever knows that a key is gone for good calls `delete`.
 */
export class KeyedBreaker {
  readonly #settings: BreakerSettings;
  readonly #hookQueue: HookQueue = new HookQueue();
  readonly #clock: SteadyClock;
  readonly #circuits: Circuits;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: KeyedBreakerOptions = {}) {
    const { maxKeys = KEY_DEFAULTS.maxKeys, idleMs = KEY_DEFAULTS.idleMs } = options;
    checkInteger('create breaker', 'maxKeys', maxKeys, 1);
    checkNumber('create breaker', 'idleMs', idleMs, 0, Number.POSITIVE_INFINITY);
    this.#settings = new BreakerSettings(options, this.#hookQueue);
    this.#clock = new SteadyClock(options.now ?? monotonicNow);
    const onEvicted = options.hooks?.onEvicted;
    this.#circuits = new Circuits({ settings: this.#settings, hookQueue: this.#hookQueue, maxKeys, idleMs, onEvicted });
  }

  /** The `name` option, which every key's breaker has too. */
  get name(): string {
    return this.#settings.name;
  }

  /** The state of a key as its last call left it; `closed` if the key is not known. */
  stateOf(key: string): BreakerState {
    return this.#circuits.peek(key)?.circuit.state ?? 'closed';
  }

  /** Asks for a call for a key: a permit that must be given back, or the reason why not. */
  tryAcquire(key: string): Permit | Refusal {
    const hookQueue = this.#hookQueue;
    const known = this.#circuits.peek(key);
    const now = known === undefined || known.circuit.admitsByTime ? this.#clock.read() : this.#clock.latest;
    hookQueue.hold();
    const cell = known ?? this.#circuits.add(key, now);
    const admitted = cell.circuit.admit(now);
    hookQueue.release();
    if (typeof admitted !== 'number') return admitted;
    return new KeyedPermit(this.#circuits, cell, this.#clock, hookQueue, admitted, now);
  }

  /**
   * Calls `call`, if it may, and settles with what `classify` makes of the end.
   *
   * Gives what `call` gives. An error after `options.signal` was aborted, or a refusal of a guard inside, is `ignored`.
   *
   * @throws RefusedError if the call was refused; the reason of a caller who had aborted before.
   */
  execute<T>(key: string, call: () => T | PromiseLike<T>, options?: ExecuteOptions): Promise<T> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    return execute(this.tryAcquire(key), this.#settings.classify, call, options);
  }

  /** Opens the breaker of a key now, for as long as a condition would. `false`: there was no place for the key. */
  trip(key: string): boolean {
    const hookQueue = this.#hookQueue;
    const now = this.#clock.read();
    hookQueue.hold();
    const cell = this.#circuits.peek(key) ?? this.#circuits.add(key, now);
    if (cell.entry !== undefined) cell.circuit.trip(now);
    this.#circuits.touch(cell, now);
    hookQueue.release();
    return cell.entry !== undefined;
  }

  /** Closes the breaker of a key now, with an empty window; calls in flight no longer count. `false`: the key is not known. */
  reset(key: string): boolean {
    const hookQueue = this.#hookQueue;
    const cell = this.#circuits.peek(key);
    if (cell === undefined) return false;
    const now = this.#clock.read();
    hookQueue.hold();
    cell.circuit.reset(now);
    this.#circuits.touch(cell, now);
    hookQueue.release();
    return true;
  }

  /** Forgets a key, whatever state it is in; calls in flight no longer count. `false`: the key was not known. */
  delete(key: string): boolean {
    return this.#circuits.delete(key, this.#clock.read());
  }

  /** Keys, their states and totals as plain JSON. */
  snapshot(): KeyedBreakerSnapshot {
    const { name } = this.#settings;
    return { name, ...this.#circuits.snapshot(this.#clock.read()), hookErrors: this.#hookQueue.errors.count };
  }

  /** The breaker of one key as plain JSON, half open if `openMs` has passed; `undefined` if the key is not known. */
  snapshotOf(key: string): CircuitSnapshot | undefined {
    return this.#circuits.peek(key)?.circuit.snapshot(this.#clock.read());
  }
}

class KeyedPermit implements Permit {
  readonly ok = true;
  readonly #circuits: Circuits;
  readonly #cell: Cell;
  readonly #clock: SteadyClock;
  readonly #hookQueue: HookQueue;
  readonly #epoch: number;
  readonly #startedAt: number;
  #held = true;

  constructor(
    circuits: Circuits,
    cell: Cell,
    clock: SteadyClock,
    hookQueue: HookQueue,
    epoch: number,
    startedAt: number,
  ) {
    this.#circuits = circuits;
    this.#cell = cell;
    this.#clock = clock;
    this.#hookQueue = hookQueue;
    this.#epoch = epoch;
    this.#startedAt = startedAt;
  }

  settle(outcome: Outcome): boolean {
    if (!this.#held) return false;
    this.#held = false;
    const now = this.#clock.read();
    this.#hookQueue.hold();
    const counted = this.#cell.circuit.settle(this.#epoch, this.#startedAt, now, outcome);
    this.#circuits.touch(this.#cell, now);
    this.#hookQueue.release();
    return counted;
  }

  cancel(): boolean {
    if (!this.#held) return false;
    this.#held = false;
    const now = this.#clock.read();
    this.#hookQueue.hold();
    this.#cell.circuit.cancel(this.#epoch, this.#startedAt);
    this.#circuits.touch(this.#cell, now);
    this.#hookQueue.release();
    return true;
  }
}
