import { CapacityExceededError, DuplicatePtyError, InvalidOptionError, PtyNotFoundError } from './errors.ts';
import type { PtyLabels } from './events.ts';

/** What a registry needs of what it holds. */
export interface Registered {
  /** What is known of it at the end, kept as its tombstone. */
  snapshot(): unknown;
}

/** Labels that can be given and changed; the `ptyId` cannot. */
export type LabelPatch = Partial<Omit<PtyLabels, 'ptyId'>>;

/** Bounds of a {@link PtyRegistry}. */
export interface RegistryOptions {
  /** The most PTYs at a time. */
  readonly maxPtys: number;
  /** How many of those that are gone are remembered. */
  readonly maxTombstones: number;
}

interface Entry<P> {
  labels: PtyLabels;
  readonly pty: P;
}

/**
 * Whose every PTY is: found by its id, by its lane and by its session, and remembered for a while when it is gone.
 *
 * The registry is the only place where labels are kept and changed, so that they and its indexes cannot disagree. It keeps
 * no environments and no arguments, which may hold secrets. Bounded by `maxPtys` and `maxTombstones`; when there are more
 * of the latter, the oldest is forgotten.
 */
export class PtyRegistry<P extends Registered> {
  readonly maxPtys: number;
  readonly maxTombstones: number;
  readonly #entries = new Map<string, Entry<P>>();
  readonly #lanes = new Map<string, Set<Entry<P>>>();
  readonly #sessions = new Map<string, Set<Entry<P>>>();
  readonly #tombstones = new Map<string, ReturnType<P['snapshot']>>();

  /** @throws InvalidOptionError for a bound that is not an integer of at least 0. */
  constructor({ maxPtys, maxTombstones }: RegistryOptions) {
    this.maxPtys = checkedBound('maxPtys', maxPtys);
    this.maxTombstones = checkedBound('maxTombstones', maxTombstones);
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Starts a PTY and records it. `start` gets its labels as they are at any later time; it is only called when there is
   * room, and if it throws, nothing is recorded.
   * @throws CapacityExceededError, DuplicatePtyError, InvalidOptionError for an empty label; nothing was started then.
   */
  register(labels: PtyLabels, start: (labels: () => PtyLabels) => P): P {
    if (this.#entries.size >= this.maxPtys) throw new CapacityExceededError(this.maxPtys);
    if (this.#entries.has(labels.ptyId)) throw new DuplicatePtyError(labels.ptyId);
    checkLabels(labels);
    let entry: Entry<P> | undefined;
    const pty = start(() => entry?.labels ?? labels);
    entry = { labels, pty };
    this.#entries.set(labels.ptyId, entry);
    this.#index(entry);
    return pty;
  }

  get(ptyId: string): P | undefined {
    return this.#entries.get(ptyId)?.pty;
  }

  /** All, oldest first. */
  list(): P[] {
    return [...this.#entries.values()].map(({ pty }) => pty);
  }

  /** Those of a lane; none for a lane nobody has named. Costs what it returns. */
  byLane(laneId: string): P[] {
    return ptysOf(this.#lanes.get(laneId));
  }

  /** Those of a session; none for a session nobody has named. Costs what it returns. */
  bySession(sessionId: string): P[] {
    return ptysOf(this.#sessions.get(sessionId));
  }

  /**
   * Gives a PTY other labels, for example to move it to another lane.
   * @throws PtyNotFoundError, InvalidOptionError for an empty label or an attempt to change the `ptyId`; nothing changes then.
   */
  update(ptyId: string, patch: LabelPatch): void {
    const entry = this.#entries.get(ptyId);
    if (entry === undefined) throw new PtyNotFoundError(ptyId);
    const labels = { ...entry.labels, ...patch };
    if (labels.ptyId !== ptyId) throw new InvalidOptionError('ptyId', labels.ptyId, 'not to be changed');
    checkLabels(labels);
    this.#unindex(entry);
    entry.labels = labels;
    this.#index(entry);
  }

  /** Lets a PTY go and keeps its last snapshot. @returns `false` when there is none of this id. */
  remove(ptyId: string): boolean {
    const entry = this.#entries.get(ptyId);
    if (entry === undefined) return false;
    this.#entries.delete(ptyId);
    this.#unindex(entry);
    this.#bury(ptyId, entry.pty.snapshot() as ReturnType<P['snapshot']>);
    return true;
  }

  /** The last snapshot of a PTY that is gone, if it is still remembered; of several with one id, that of the last. */
  tombstone(ptyId: string): ReturnType<P['snapshot']> | undefined {
    return this.#tombstones.get(ptyId);
  }

  snapshot(): {
    readonly ptys: number;
    readonly maxPtys: number;
    readonly lanes: number;
    readonly sessions: number;
    readonly tombstones: number;
    readonly maxTombstones: number;
  } {
    return {
      ptys: this.#entries.size,
      maxPtys: this.maxPtys,
      lanes: this.#lanes.size,
      sessions: this.#sessions.size,
      tombstones: this.#tombstones.size,
      maxTombstones: this.maxTombstones,
    };
  }

  #index(entry: Entry<P>): void {
    addTo(this.#lanes, entry.labels.laneId, entry);
    addTo(this.#sessions, entry.labels.sessionId, entry);
  }

  #unindex(entry: Entry<P>): void {
    removeFrom(this.#lanes, entry.labels.laneId, entry);
    removeFrom(this.#sessions, entry.labels.sessionId, entry);
  }

  #bury(ptyId: string, tombstone: ReturnType<P['snapshot']>): void {
    this.#tombstones.delete(ptyId);
    this.#tombstones.set(ptyId, tombstone);
    if (this.#tombstones.size <= this.maxTombstones) return;
    const [oldest] = this.#tombstones.keys();
    this.#tombstones.delete(oldest!);
  }
}

function addTo<P>(index: Map<string, Set<Entry<P>>>, key: string, entry: Entry<P>): void {
  const entries = index.get(key);
  if (entries === undefined) index.set(key, new Set([entry]));
  else entries.add(entry);
}

function removeFrom<P>(index: Map<string, Set<Entry<P>>>, key: string, entry: Entry<P>): void {
  const entries = index.get(key)!;
  entries.delete(entry);
  if (entries.size === 0) index.delete(key);
}

function ptysOf<P>(entries: ReadonlySet<Entry<P>> | undefined): P[] {
  return [...(entries ?? [])].map(({ pty }) => pty);
}

function checkedBound(option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidOptionError(option, value, 'an integer of at least 0');
  return value;
}

function checkLabels(labels: PtyLabels): void {
  for (const [label, value] of Object.entries(labels)) {
    if (typeof value !== 'string' || value === '')
      throw new InvalidOptionError(label, value, 'a text of at least one character');
  }
}
