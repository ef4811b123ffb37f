import type { BreakerSnapshot } from './breaker.ts';
import type { BreakerHooks, BreakerState, KeyedBreakerHooks } from './breaker-events.ts';
import { type BreakerOptions, BreakerSettings } from './breaker-settings.ts';
import type { CircuitSnapshot } from './circuit.ts';
import { anyError, type Classify } from './classify.ts';
import { type Clock, monotonicNow, SteadyClock } from './clock.ts';
import { checkInteger, checkNumber } from './errors.ts';
import { type ExecuteOptions, execute } from './execute.ts';
import { type HybridCall, HybridCircuits } from './hybrid-circuits.ts';
import { KEY_DEFAULTS, type KeyedBreakerOptions, type KeyedBreakerSnapshot } from './keyed-breaker.ts';
import { HookQueue } from './observe.ts';
import type { Outcome } from './outcome.ts';
import type { Permit } from './permit.ts';
import type { Refusal } from './refusal.ts';

/** Options that both breakers share, or that `HybridBreaker` decides. */
type Shared = 'name' | 'now' | 'classify' | 'hooks';

/** The options of the breakers of single keys, here called sessions. */
export type SessionBreakerOptions = Omit<KeyedBreakerOptions, Shared>;

/** The options of the breaker that all keys share: of the conditions it has only `failures`, of which keys have shares. */
export type GlobalBreakerOptions = Omit<
  BreakerOptions,
  Shared | 'failureRate' | 'consecutiveFailures' | 'consecutiveWindowMs' | 'slowRate' | 'minimumCalls'
>;

/** How a hybrid breaker judges. */
export interface HybridBreakerOptions {
  /** Names it; its parts are called `<name>.session` and `<name>.global`. By default `breaker`. */
  readonly name?: string;
  /** By default 10 failures within 120,000 ms. */
  readonly session?: SessionBreakerOptions;
  /** By default 50 failures within 120,000 ms. */
  readonly global?: GlobalBreakerOptions;
  /**
   * The share of the global `failures` that one key can make up, above 0 up to 1; by default 0.2. At least one failure.
   * Costs 8 bytes for each of them and key that failed. With a share of 1 a single key can open the global breaker.
   */
  readonly perKeyShare?: number;
  /** The global breaker opens when so many keys are open at once; by default 10. */
  readonly maxOpenKeys?: number;
  /** What `execute` makes of errors and results; by default `anyError`. */
  readonly classify?: Classify;
  /** Monotonic milliseconds; by default `performance.now`. An earlier time than before counts as the same. */
  readonly now?: Clock;
  /** Told of both parts, which differ by `name`; the global one has no `key`. */
  readonly hooks?: KeyedBreakerHooks;
}

/** The numbers of a hybrid breaker, plain JSON. */
export interface HybridBreakerSnapshot {
  readonly name: string;
  readonly session: KeyedBreakerSnapshot;
  readonly global: BreakerSnapshot;
  /** Failures that the global breaker took for `ignored`, because their key had had its share. */
  readonly withheld: number;
  /** Hooks that threw or rejected. */
  readonly hookErrors: number;
}

const DEFAULTS = Object.freeze({
  name: 'breaker',
  windowMs: 120_000,
  sessionFailures: 10,
  globalFailures: 50,
  perKeyShare: 0.2,
  maxOpenKeys: 10,
});

/**
 * A breaker for each key and one for all of them: a key that fails is stopped alone, and all are stopped when what they
 * share fails.
 *
 * - The key is asked first. If the global breaker refuses, the key's permit goes back without a trace, and a key that
 *   was not known stays so.
 * - An outcome counts in both, each by its own epoch.
 * - One key cannot open the global breaker, unless its share is all of it: of the failures within the global window it has at most `perKeyShare` of those
 *   that open it. The global breaker takes further ones for `ignored`. Keys in the overflow breaker have one share together.
 *   A probe of the half-open global breaker counts, whoever makes it.
 * - The global breaker also opens when a key opens as the `maxOpenKeys`th of those open at the same time.
 *
 * Bounds and cost are those of `KeyedBreaker`; a key with failures in the global window stays, too.
 */
export class HybridBreaker {
  readonly #name: string;
  readonly #classify: Classify;
  readonly #hookQueue: HookQueue = new HookQueue();
  readonly #clock: SteadyClock;
  readonly #circuits: HybridCircuits;
  readonly #session: BreakerSettings;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: HybridBreakerOptions = {}) {
    const { perKeyShare = DEFAULTS.perKeyShare, maxOpenKeys = DEFAULTS.maxOpenKeys, hooks = {} } = options;
    const { maxKeys = KEY_DEFAULTS.maxKeys, idleMs = KEY_DEFAULTS.idleMs } = options.session ?? {};
    checkNumber('create breaker', 'perKeyShare', perKeyShare, Number.MIN_VALUE, 1);
    checkInteger('create breaker', 'maxOpenKeys', maxOpenKeys, 1);
    checkInteger('create breaker', 'maxKeys', maxKeys, 1);
    checkNumber('create breaker', 'idleMs', idleMs, 0, Number.POSITIVE_INFINITY);
    this.#name = options.name ?? DEFAULTS.name;
    this.#classify = options.classify ?? anyError;
    this.#clock = new SteadyClock(options.now ?? monotonicNow);
    this.#session = this.#settings('session', options.session, DEFAULTS.sessionFailures, hooks);
    const global = this.#settings('global', options.global, DEFAULTS.globalFailures, hooks);
    this.#circuits = new HybridCircuits({
      session: this.#session,
      global,
      hookQueue: this.#hookQueue,
      maxKeys,
      idleMs,
      // A little more, because 0.29 × 100 is 28.999999999999996.
      failuresPerKey: Math.max(1, Math.floor(perKeyShare * global.failures! + 1e-6)),
      maxOpenKeys,
      onEvicted: hooks.onEvicted,
    });
  }

  /** The `name` option. */
  get name(): string {
    return this.#name;
  }

  /** The state of the global breaker as the last call left it. */
  get state(): BreakerState {
    return this.#circuits.global.state;
  }

  /** The state of a key as its last call left it; `closed` if the key is not known. */
  stateOf(key: string): BreakerState {
    return this.#circuits.session.peek(key)?.circuit.state ?? 'closed';
  }

  /** Asks for a call for a key: a permit that must be given back, or the reason why not, whose `name` tells which part refused. */
  tryAcquire(key: string): Permit | Refusal {
    const { session, global } = this.#circuits;
    const known = session.peek(key);
    const timed = known === undefined || known.circuit.admitsByTime || global.admitsByTime;
    const now = timed ? this.#clock.read() : this.#clock.latest;
    this.#hookQueue.hold();
    // A key that is not known would pass, so it needs no cell, which might cost another key its own, to be refused globally.
    const admitted =
      known === undefined && global.refuses(now)
        ? (global.admit(now) as Refusal)
        : this.#circuits.admit(known ?? session.add(key, now), now);
    this.#hookQueue.release();
    return 'ok' in admitted ? admitted : new HybridPermit(this.#circuits, this.#clock, this.#hookQueue, admitted);
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
    return execute(this.tryAcquire(key), this.#classify, call, options);
  }

  /** Opens the breaker of a key, or the global one, for as long as a condition would. `false`: there was no place for the key. */
  trip(key?: string): boolean {
    const now = this.#clock.read();
    if (key === undefined) {
      this.#circuits.global.trip(now);
      return true;
    }
    this.#hookQueue.hold();
    const tripped = this.#circuits.trip(key, now);
    this.#hookQueue.release();
    return tripped;
  }

  /** Closes the breaker of a key, or the global one, with an empty window; calls in flight no longer count there. `false`: the key is not known. */
  reset(key?: string): boolean {
    const now = this.#clock.read();
    if (key === undefined) {
      this.#circuits.global.reset(now);
      return true;
    }
    this.#hookQueue.hold();
    const known = this.#circuits.reset(key, now);
    this.#hookQueue.release();
    return known;
  }

  /** Forgets a key, whatever state it is in; its calls in flight still count globally. `false`: the key was not known. */
  delete(key: string): boolean {
    return this.#circuits.session.delete(key, this.#clock.read());
  }

  /** How many calls have been running for the global `slowMs` or longer, as `Breaker` counts them. */
  overdue(now: number = this.#clock.read()): number {
    return this.#circuits.global.overdue(now);
  }

  /** Both parts as plain JSON. */
  snapshot(): HybridBreakerSnapshot {
    const { session, global, withheld } = this.#circuits;
    const now = this.#clock.read();
    const hookErrors = this.#hookQueue.errors.count;
    return {
      name: this.#name,
      session: { name: this.#session.name, ...session.snapshot(now), hookErrors },
      global: { ...global.snapshot(now), hookErrors },
      withheld,
      hookErrors,
    };
  }

  /** The breaker of one key as plain JSON, half open if `openMs` has passed; `undefined` if the key is not known. */
  snapshotOf(key: string): CircuitSnapshot | undefined {
    return this.#circuits.session.peek(key)?.circuit.snapshot(this.#clock.read());
  }

  #settings(part: 'session' | 'global', options: BreakerOptions = {}, failures: number, hooks: BreakerHooks) {
    const { failureRate, consecutiveFailures, windowMs = DEFAULTS.windowMs } = options;
    const isJudged = [options.failures, failureRate, consecutiveFailures].some((given) => given !== undefined);
    const condition = isJudged ? {} : { failures };
    const name = `${this.#name}.${part}`;
    return new BreakerSettings({ ...options, ...condition, windowMs, name, hooks }, this.#hookQueue);
  }
}

class HybridPermit implements Permit {
  readonly ok = true;
  readonly #circuits: HybridCircuits;
  readonly #clock: SteadyClock;
  readonly #hookQueue: HookQueue;
  readonly #call: HybridCall;
  #held = true;

  constructor(circuits: HybridCircuits, clock: SteadyClock, hookQueue: HookQueue, call: HybridCall) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#hookQueue = hookQueue;
    this.#call = call;
  }

  settle(outcome: Outcome): boolean {
    if (!this.#held) return false;
    this.#held = false;
    const now = this.#clock.read();
    this.#hookQueue.hold();
    const counted = this.#circuits.settle(this.#call, now, outcome);
    this.#hookQueue.release();
    return counted;
  }

  cancel(): boolean {
    if (!this.#held) return false;
    this.#held = false;
    const now = this.#clock.read();
    this.#hookQueue.hold();
    this.#circuits.cancel(this.#call, now);
    this.#hookQueue.release();
    return true;
  }
}
