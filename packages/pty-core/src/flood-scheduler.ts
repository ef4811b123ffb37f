/** What one read of a flooding terminal brought. */
export type FloodRead = 'data' | 'empty' | 'closed';

/** A terminal whose output comes faster than one wake-up per read can carry. */
export interface FloodSource {
  /** Performs one read; answers `empty` or `closed` exactly once and is not asked again until it is added again. */
  readOnce(): FloodRead;
  /** Passes what the reads since the last flush brought on to whoever watches. */
  flush(): void;
}

/** Settings of the scheduler; times in milliseconds. */
export interface FloodSchedulerOptions {
  /** How long one turn of the event loop may be spent reading floods while nobody types. Default 0.4. */
  readonly turnMs?: number;
  /** The same while somebody types, to any terminal, and for a second afterwards. Default 0.02. */
  readonly typingTurnMs?: number;
  /** How long a keystroke may hold the floods back while its echo is awaited. Default 3. */
  readonly holdMs?: number;
  /** The largest share of time the floods may be held back, 0 to 1, or pasting would starve them. Default 0.6. */
  readonly maxHoldShare?: number;
  readonly now?: () => number;
}

const DEFAULTS = Object.freeze({ turnMs: 0.4, typingTurnMs: 0.02, holdMs: 3, maxHoldShare: 0.6 });
/** How long after a keystroke the next one is expected. */
const TYPING_MS = 1_000;

/**
 * Reads all flooding terminals of a process in turns, so that the quiet ones keep their typing latency.
 *
 * A terminal hands over about 4 KB per read, and each wake-up through the poller costs more than the read itself: one
 * that floods is therefore read from here. The reads of a turn go round all floods, one each: reading the same terminal
 * again at once means to copy what its writer has just written on another core, at up to twice the processor time per
 * byte. What was read is passed on one flood per turn, the one that waits longest, so that it leaves in large pieces.
 * Between turns, whatever became readable meanwhile is served, a keystroke above all. Long turns make the pieces large,
 * short ones let a key wait the least; so turns are short only while somebody types. A keystroke also makes the floods
 * pause until the terminal typed into has answered.
 *
 * Holds no timer and costs nothing while nothing floods.
 */
export class FloodScheduler {
  readonly #turnMs: number;
  readonly #typingTurnMs: number;
  readonly #holdMs: number;
  readonly #maxHoldShare: number;
  readonly #now: () => number;
  /** In the order in which they are read. */
  readonly #sources = new Set<FloodSource>();
  /** Those with bytes that nobody was told of, the ones that wait longest first. */
  readonly #unflushed = new Set<FloodSource>();
  #turnScheduled: NodeJS.Immediate | undefined;
  #hold: { readonly awaited: object; readonly since: number; readonly timer: NodeJS.Timeout } | undefined;
  #lastInputAt = Number.NEGATIVE_INFINITY;
  /** The earliest time the next hold may begin, so that holds stay within their share. */
  #nextHoldAt = Number.NEGATIVE_INFINITY;

  constructor(options: FloodSchedulerOptions = {}) {
    this.#turnMs = options.turnMs ?? DEFAULTS.turnMs;
    this.#typingTurnMs = options.typingTurnMs ?? DEFAULTS.typingTurnMs;
    this.#holdMs = options.holdMs ?? DEFAULTS.holdMs;
    this.#maxHoldShare = options.maxHoldShare ?? DEFAULTS.maxHoldShare;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Takes a terminal in; it is read until it answers `empty` or `closed`, or is removed. Does nothing for one that is here. */
  add(source: FloodSource): void {
    this.#sources.add(source);
    // One that is read from here only cannot answer while all of them are held back.
    if (this.#hold?.awaited === source) this.#release();
    else this.#scheduleTurn();
  }

  /** Leaves a terminal alone from now on, without a flush. Does nothing for one that is not here. */
  remove(source: FloodSource): void {
    this.#sources.delete(source);
    this.#unflushed.delete(source);
  }

  /** Tells that input went to the terminal that `awaited` stands for: the floods wait for its answer. */
  inputSent(awaited: object): void {
    const since = this.#now();
    this.#lastInputAt = since;
    if (this.#hold !== undefined || this.#sources.size === 0 || this.#sources.has(awaited as FloodSource)) return;
    if (this.#holdMs === 0 || this.#maxHoldShare === 0) return;
    if (since < this.#nextHoldAt) return;
    this.#hold = { awaited, since, timer: setTimeout(() => this.#release(), this.#holdMs) };
  }

  /** Tells that the terminal that `awaited` stands for produced output. */
  outputSeen(awaited: object): void {
    if (this.#hold?.awaited === awaited) this.#release();
  }

  /** Plain numbers for metrics. */
  snapshot(): { readonly flooding: number; readonly held: boolean } {
    return { flooding: this.#sources.size, held: this.#hold !== undefined };
  }

  #release(): void {
    if (this.#hold === undefined) return;
    clearTimeout(this.#hold.timer);
    const now = this.#now();
    const heldMs = now - this.#hold.since;
    this.#nextHoldAt = now + heldMs * (1 / this.#maxHoldShare - 1);
    this.#hold = undefined;
    this.#scheduleTurn();
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled !== undefined || this.#hold !== undefined || this.#sources.size === 0) return;
    this.#turnScheduled = setImmediate(() => {
      this.#turnScheduled = undefined;
      if (this.#hold === undefined) this.#turn();
      this.#scheduleTurn();
    });
  }

  /** Reads until the time is used up, nobody has anything left, or somebody types; then passes on what one has brought. */
  #turn(): void {
    const begun = this.#now();
    const deadline = begun + (begun - this.#lastInputAt < TYPING_MS ? this.#typingTurnMs : this.#turnMs);
    do this.#readNext();
    while (this.#sources.size > 0 && this.#hold === undefined && this.#now() < deadline);
    const [source] = this.#unflushed;
    if (source !== undefined) this.#flush(source);
  }

  /** One read of the terminal that waits longest for it. One that has nothing left is passed on at once. */
  #readNext(): void {
    const [source] = this.#sources;
    if (source === undefined) return;
    // A set that is turned over all the time is allocated anew all the time: a single flood needs no turning.
    if (this.#sources.size > 1) {
      this.#sources.delete(source);
      this.#sources.add(source);
    }
    if (source.readOnce() === 'data') {
      this.#unflushed.add(source);
    } else {
      this.#sources.delete(source);
      this.#flush(source);
    }
  }

  #flush(source: FloodSource): void {
    if (this.#unflushed.delete(source)) source.flush();
  }
}
