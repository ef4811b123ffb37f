import type { BreakerState } from './breaker-events.ts';
import { type BreakerOptions, BreakerSettings } from './breaker-settings.ts';
import { Circuit, type CircuitSnapshot } from './circuit.ts';
import { outcomeOfError, outcomeOfResult } from './classify.ts';
import { monotonicNow, SteadyClock } from './clock.ts';
import { RefusedError } from './errors.ts';
import type { ExecuteOptions } from './execute.ts';
import { HookQueue } from './observe.ts';
import type { Outcome } from './outcome.ts';
import type { Permit } from './permit.ts';
import type { Refusal } from './refusal.ts';

/** The numbers of a breaker, plain JSON. */
export interface BreakerSnapshot extends CircuitSnapshot {
  /** Hooks that threw or rejected. */
  readonly hookErrors: number;
}

/**
 * Stops calls to something that fails, and finds out with a few of them when it works again.
 *
 * - A call counts only in the epoch that admitted it: what began before an outage neither ends nor prolongs it.
 * - Nobody waits here: a call gets a permit or a refusal, at once.
 * - No timers: time is looked at when somebody asks, at most once per decision.
 * - `tryAcquire`, `settle` and `execute` cost the same however many calls lie within the window.
 * - Memory is fixed: about 1,200 bytes with rates and slow calls timed, 700 without, and what `failures` says.
 *
 * The idea is M. Nygard's (Release It!, 2007); the states are those of M. Fowler's CircuitBreaker (2014).
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #circuit: Circuit;
  readonly #clock: SteadyClock;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: BreakerOptions = {}) {
    this.#settings = new BreakerSettings(options, options.hooks === undefined ? undefined : new HookQueue());
    this.#circuit = new Circuit(this.#settings, null);
    this.#clock = new SteadyClock(options.now ?? monotonicNow);
  }

  /** The `name` option. */
  get name(): string {
    return this.#settings.name;
  }

  /** The state as the last call left it; that `openMs` has passed shows in the next `tryAcquire` or `snapshot`. */
  get state(): BreakerState {
    return this.#circuit.state;
  }

  /** How often the state changed so far. */
  get epoch(): number {
    return this.#circuit.epoch;
  }

  /** Asks for a call: a permit that must be given back, or the reason why not. */
  tryAcquire(): Permit | Refusal {
    const circuit = this.#circuit;
    const clock = this.#clock;
    const now = circuit.admitsByTime ? clock.read() : clock.latest;
    const admitted = circuit.admit(now);
    return typeof admitted === 'number' ? new CircuitPermit(circuit, clock, admitted, now) : admitted;
  }

  /**
   * Calls `call`, if it may, and settles with what `classify` makes of the end.
   *
   * Gives what `call` gives. An error after `options.signal` was aborted, or a refusal of a guard inside, is `ignored`.
   *
   * @throws RefusedError if the call was refused; the reason of a caller who had aborted before.
   */
  async execute<T>(call: () => T | PromiseLike<T>, options?: ExecuteOptions): Promise<T> {
    if (options?.signal?.aborted) throw options.signal.reason;
    // Without a permit, which only this function could give back: it would cost a tenth of the call.
    const circuit = this.#circuit;
    const startedAt = circuit.admitsByTime ? this.#clock.read() : this.#clock.latest;
    const epoch = circuit.admit(startedAt);
    if (typeof epoch !== 'number') throw new RefusedError(epoch);
    let result: T;
    try {
      result = await call();
    } catch (error) {
      this.#settle(epoch, startedAt, outcomeOfError(this.#settings.classify, error, options?.signal));
      throw error;
    }
    this.#settle(epoch, startedAt, outcomeOfResult(this.#settings.classify, result));
    return result;
  }

  /** Opens it now, for as long as a condition would, from whatever state. */
  trip(): void {
    this.#circuit.trip(this.#clock.read());
  }

  /** Closes it now, with an empty window, from whatever state; calls in flight no longer count. */
  reset(): void {
    this.#circuit.reset(this.#clock.read());
  }

  /**
   * How many calls have been running for `slowMs` or longer, by all that hold a permit of whatever epoch; 0 without `slowMs`.
   *
   * Never counts a call early, and counts it at most an eighth of `slowMs` late. A question: `now` may lie ahead, and moves
   * nothing there.
   */
  overdue(now: number = this.#clock.read()): number {
    return this.#circuit.overdue(now);
  }

  /** State, window and totals as plain JSON; turns half open if `openMs` has passed. */
  snapshot(): BreakerSnapshot {
    const { hookQueue } = this.#settings;
    return { ...this.#circuit.snapshot(this.#clock.read()), hookErrors: hookQueue?.errors.count ?? 0 };
  }

  #settle(epoch: number, startedAt: number, outcome: Outcome): void {
    const now = this.#circuit.settlesByTime(outcome) ? this.#clock.read() : this.#clock.latest;
    this.#circuit.settle(epoch, startedAt, now, outcome);
  }
}

class CircuitPermit implements Permit {
  readonly ok = true;
  readonly #circuit: Circuit;
  readonly #clock: SteadyClock;
  readonly #epoch: number;
  readonly #startedAt: number;
  #held = true;

  constructor(circuit: Circuit, clock: SteadyClock, epoch: number, startedAt: number) {
    this.#circuit = circuit;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#startedAt = startedAt;
  }

  settle(outcome: Outcome): boolean {
    if (!this.#held) return false;
    this.#held = false;
    const now = this.#circuit.settlesByTime(outcome) ? this.#clock.read() : this.#clock.latest;
    return this.#circuit.settle(this.#epoch, this.#startedAt, now, outcome);
  }

  cancel(): boolean {
    if (!this.#held) return false;
    this.#held = false;
    this.#circuit.cancel(this.#epoch, this.#startedAt);
    return true;
  }
}
