import type { BreakerEvicted } from './breaker-events.ts';
import type { BreakerSettings } from './breaker-settings.ts';
import { Circuit } from './circuit.ts';
import { type Cell, Circuits } from './circuits.ts';
import { KeyShare } from './key-share.ts';
import type { Hook, HookQueue } from './observe.ts';
import type { Outcome } from './outcome.ts';
import type { Refusal } from './refusal.ts';

/** What a `HybridCircuits` is made of. */
export interface HybridCircuitsOptions {
  readonly session: BreakerSettings;
  readonly global: BreakerSettings;
  readonly hookQueue: HookQueue;
  readonly maxKeys: number;
  readonly idleMs: number;
  /** Failures that one key can have in the global window. */
  readonly failuresPerKey: number;
  readonly maxOpenKeys: number;
  readonly onEvicted: Hook<BreakerEvicted> | undefined;
}

/** A call that both parts admitted. */
export interface HybridCall {
  readonly cell: Cell;
  readonly sessionEpoch: number;
  readonly globalEpoch: number;
  readonly startedAt: number;
}

/**
 * The state machine of a `HybridBreaker`: a circuit per key, and one that all calls pass as well.
 *
 * Its caller holds the hooks while it calls, so that they find both parts settled.
 */
export class HybridCircuits {
  readonly session: Circuits;
  readonly global: Circuit;
  readonly #globalWindowMs: number;
  readonly #failuresPerKey: number;
  readonly #maxOpenKeys: number;
  /** The keys that opened last and may still be open, at most `maxOpenKeys` of them. */
  readonly #opened: Circuit[] = [];
  #withheld = 0;

  constructor(options: HybridCircuitsOptions) {
    const { session, global, hookQueue, maxKeys, idleMs, failuresPerKey, maxOpenKeys, onEvicted } = options;
    this.session = new Circuits({
      settings: session,
      hookQueue,
      maxKeys,
      idleMs,
      onEvicted,
      keepUntil: (cell) => cell.share?.emptyAt ?? Number.NEGATIVE_INFINITY,
    });
    this.global = new Circuit(global, null);
    this.#globalWindowMs = global.windowMs;
    this.#failuresPerKey = failuresPerKey;
    this.#maxOpenKeys = maxOpenKeys;
  }

  /** Failures kept from the global window, because their key had had its share. */
  get withheld(): number {
    return this.#withheld;
  }

  admit(cell: Cell, now: number): HybridCall | Refusal {
    const sessionEpoch = cell.circuit.admit(now);
    if (typeof sessionEpoch !== 'number') return sessionEpoch;
    const globalEpoch = this.global.admit(now);
    if (typeof globalEpoch === 'number') return { cell, sessionEpoch, globalEpoch, startedAt: now };
    cell.circuit.cancel(sessionEpoch, now);
    this.session.touch(cell, now);
    return globalEpoch;
  }

  /** Whether the outcome changed anything in either part. */
  settle({ cell, sessionEpoch, globalEpoch, startedAt }: HybridCall, now: number, outcome: Outcome): boolean {
    const { circuit } = cell;
    const { epoch } = circuit;
    const inSession = circuit.settle(sessionEpoch, startedAt, now, outcome);
    const shared = outcome === 'failure' && this.#isWithheld(cell, globalEpoch, now) ? 'ignored' : outcome;
    const inGlobal = this.global.settle(globalEpoch, startedAt, now, shared);
    this.session.touch(cell, now);
    if (circuit.epoch !== epoch && circuit.state === 'open') this.#keyOpened(circuit, now);
    return inSession || inGlobal;
  }

  cancel({ cell, sessionEpoch, globalEpoch, startedAt }: HybridCall, now: number): void {
    cell.circuit.cancel(sessionEpoch, startedAt);
    this.global.cancel(globalEpoch, startedAt);
    this.session.touch(cell, now);
  }

  /** Opens the circuit of a key; `false`: there is no place for the key. */
  trip(key: string, now: number): boolean {
    const cell = this.session.peek(key) ?? this.session.add(key, now);
    if (cell.entry === undefined) return false;
    cell.circuit.trip(now);
    this.session.touch(cell, now);
    this.#keyOpened(cell.circuit, now);
    return true;
  }

  /** Closes the circuit of a key; `false`: the key is not known. */
  reset(key: string, now: number): boolean {
    const cell = this.session.peek(key);
    if (cell === undefined) return false;
    cell.circuit.reset(now);
    this.session.touch(cell, now);
    return true;
  }

  /** Whether the key has had its share of the global window; takes a place of it otherwise. */
  #isWithheld(cell: Cell, globalEpoch: number, now: number): boolean {
    if (globalEpoch !== this.global.epoch || this.global.state !== 'closed') return false;
    cell.share ??= new KeyShare(this.#failuresPerKey, this.#globalWindowMs, globalEpoch);
    if (cell.share.take(globalEpoch, now)) return false;
    this.#withheld++;
    return true;
  }

  /** Opens the global circuit if this key is one too many. Looks at no more than `maxOpenKeys` keys. */
  #keyOpened(circuit: Circuit, now: number): void {
    const others = this.#opened.filter((other) => other !== circuit && other.isShut(now));
    this.#opened.splice(0, this.#opened.length, ...others, circuit);
    if (this.#opened.length < this.#maxOpenKeys) return;
    if (!this.global.isShut(now)) this.global.trip(now, 'keys-open');
    this.#opened.shift();
  }
}
