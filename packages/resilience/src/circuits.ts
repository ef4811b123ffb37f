import { BoundedMap, type BoundedMapEntry } from './bounded-map.ts';
import type { BreakerState, KeyedBreakerHooks } from './breaker-events.ts';
import type { BreakerSettings } from './breaker-settings.ts';
import { Circuit, type CircuitSnapshot, type OnMove } from './circuit.ts';
import type { KeyShare } from './key-share.ts';
import type { HookQueue } from './observe.ts';

/** The numbers of all circuits, plain JSON. */
export interface CircuitsSnapshot {
  /** Keys that have a circuit of their own now. */
  readonly keys: number;
  readonly maxKeys: number;
  /** How many of them are in which state, as the last call of each left it: turning half open is noticed by a call. */
  readonly closed: number;
  readonly open: number;
  readonly halfOpen: number;
  /** Keys forgotten because nobody used them. */
  readonly evictedIdle: number;
  /** Keys forgotten because their place was needed. */
  readonly evictedFull: number;
  /** Calls of keys that found no place, because every key had to be remembered. */
  readonly overflowed: number;
  /** The circuit such keys share. */
  readonly overflow: CircuitSnapshot;
}

/** How circuits are bounded and watched. */
export interface CircuitsOptions {
  readonly settings: BreakerSettings;
  readonly hookQueue: HookQueue;
  readonly maxKeys: number;
  readonly idleMs: number;
  readonly onEvicted: KeyedBreakerHooks['onEvicted'];
  /** Until when there is something to remember of a cell beside its circuit. */
  readonly keepUntil?: (cell: Cell) => number;
}

/** A circuit beside what is known of its key. */
export class Cell {
  readonly circuit: Circuit;
  /** Its place in the map; `undefined` for the shared circuit of keys without a place. */
  entry: BoundedMapEntry<string, Cell> | undefined = undefined;
  /** What the key has contributed to a window that it shares with others, if it does. */
  share: KeyShare | undefined = undefined;

  constructor(circuit: Circuit) {
    this.circuit = circuit;
  }
}

/** A circuit per key, bounded as `KeyedBreaker` says. */
export class Circuits {
  readonly #settings: BreakerSettings;
  readonly #hookQueue: HookQueue;
  readonly #cells: BoundedMap<string, Cell>;
  readonly #overflow: Cell;
  readonly #onMove: OnMove;
  readonly #count: Record<BreakerState, number> = { closed: 0, open: 0, halfOpen: 0 };

  constructor(options: CircuitsOptions) {
    const { settings, hookQueue, maxKeys, idleMs, onEvicted, keepUntil } = options;
    const { name } = settings;
    this.#settings = settings;
    this.#hookQueue = hookQueue;
    this.#cells = new BoundedMap({
      maxEntries: maxKeys,
      idleMs,
      keepUntil: (cell) => {
        const emptyAt = cell.circuit.emptyAt;
        return keepUntil === undefined ? emptyAt : Math.max(emptyAt, keepUntil(cell));
      },
      onEvicted: (key, { circuit: { state } }, reason) => {
        this.#count[state]--;
        hookQueue.tell(onEvicted, { name, key, reason, state });
      },
    });
    this.#overflow = new Cell(new Circuit(settings, null));
    this.#onMove = (from, to) => {
      this.#count[from]--;
      this.#count[to]++;
    };
  }

  /** The cell of a key, if it has one of its own. */
  peek(key: string): Cell | undefined {
    return this.#cells.peek(key);
  }

  /** Makes a cell for a key that has none; if there is no place, gives the shared one. */
  add(key: string, now: number): Cell {
    const cell = new Cell(new Circuit(this.#settings, key, this.#onMove));
    cell.entry = this.#cells.add(key, cell, now);
    if (cell.entry === undefined) return this.#overflow;
    this.#count.closed++;
    return cell;
  }

  /** To be called after the circuit of a cell has changed. */
  touch(cell: Cell, now: number): void {
    if (cell.entry !== undefined) this.#cells.touch(cell.entry, now);
  }

  /** Forgets a key, whatever state it is in; calls in flight no longer count. `false` if there was none. */
  delete(key: string, now: number): boolean {
    const cell = this.#cells.peek(key);
    if (cell === undefined) return false;
    this.#hookQueue.hold();
    this.#cells.delete(key);
    if (cell.circuit.isInUse) cell.circuit.reset(now);
    this.#count.closed--;
    this.#hookQueue.release();
    return true;
  }

  snapshot(now: number): CircuitsSnapshot {
    const { entries, maxEntries, evictedIdle, evictedFull, refused } = this.#cells.snapshot();
    return {
      keys: entries,
      maxKeys: maxEntries,
      ...this.#count,
      evictedIdle,
      evictedFull,
      overflowed: refused,
      overflow: this.#overflow.circuit.snapshot(now),
    };
  }
}
