import { checkedInteger } from './check-options.ts';

const DEFAULTS = Object.freeze({
  maxEvents: 8192,
  maxBytes: 4 * 1024 * 1024,
  firstSeq: 1,
});

/** Places a new log has; it doubles them as they are needed. */
const FIRST_PLACES = 64;

/** How much a log keeps, and where its numbers begin. */
export interface EventLogOptions {
  /** Events kept, at least 1. Default 8,192. */
  readonly maxEvents?: number;
  /** Bytes of their texts as UTF-8; 0 keeps nothing. Default 4 MiB. */
  readonly maxBytes?: number;
  /** The number of the first event, at least 0. Default 1. */
  readonly firstSeq?: number;
}

/** What is at a place of the log: an event, or the exact range that is gone, `to` being the first that is not. */
export type EventLogEntry<Context = undefined> =
  | { readonly kind: 'event'; readonly seq: number; readonly text: string; readonly context?: Context | undefined }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number };

/** The state of a log as plain JSON; `appendedEvents = events + displacedEvents + oversizedEvents`, always. */
export interface EventLogSnapshot {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly start: number;
  readonly end: number;
  /** Events held. */
  readonly events: number;
  readonly bytes: number;
  /** Events ever appended. */
  readonly appendedEvents: number;
  /** Events that newer ones took the place of. */
  readonly displacedEvents: number;
  /** Events that alone exceeded `maxBytes` and were never held. */
  readonly oversizedEvents: number;
  /** Calls of listeners that threw. */
  readonly listenerFailures: number;
}

interface Held<Context> {
  readonly text: string;
  readonly bytes: number;
  readonly context: Context | undefined;
}

/**
 * The last events of a session as the texts that go over the wire, addressed by sequence number: the sibling of a ring of bytes.
 *
 * ```
 *          start                                end
 *   …gone…   | event | event | (too large) | event |  not yet appended…
 * ```
 * A number never changes its meaning. Each event is made into text once, however many read it, and a reader is nothing but the number it will ask for next: nothing
 * is queued for it, so a slow one costs no memory and learns exactly what it missed. An event may have a context that it shares with others, such as what their texts
 * leave out because it is the same in all of them.
 *
 * The writer is never refused: the oldest events make room. An event that alone exceeds `maxBytes` is dropped, displaces nothing, and is seen as a gap. At most
 * `maxEvents` texts of at most `maxBytes` as UTF-8 are held, which the engine may store in up to twice that, and 24 bytes for each place; contexts are not counted. Appending and reading
 * cost O(1) besides making the text; a run of events that were too large is walked over once by each reader.
 */
export class EventLog<Context = undefined> {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #firstSeq: number;
  readonly #listeners = new Set<() => void>();
  /** An event lies at its number modulo the length; `undefined` between `#start` and `#end` was too large. */
  #places: (Held<Context> | undefined)[];
  #start: number;
  #end: number;
  #events = 0;
  #bytes = 0;
  #displacedEvents = 0;
  #oversizedEvents = 0;
  #listenerFailures = 0;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: EventLogOptions = {}) {
    const action = 'create event log';
    this.#maxEvents = checkedInteger(action, 'maxEvents', options.maxEvents ?? DEFAULTS.maxEvents, 1);
    this.#maxBytes = checkedInteger(action, 'maxBytes', options.maxBytes ?? DEFAULTS.maxBytes, 0);
    this.#firstSeq = checkedInteger(action, 'firstSeq', options.firstSeq ?? DEFAULTS.firstSeq, 0);
    this.#places = new Array(Math.min(FIRST_PLACES, this.#maxEvents));
    this.#start = this.#firstSeq;
    this.#end = this.#firstSeq;
  }

  /** Number of the oldest event held; equals {@link end} when none is. */
  get start(): number {
    return this.#start;
  }

  /** The number the next event gets. */
  get end(): number {
    return this.#end;
  }

  /** Bytes of the texts held, as UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends the text that `encode` makes of the number it is given, with its context, and tells the listeners. `encode` must not append itself; when it throws, nothing has
   * changed.
   * @returns the number.
   */
  append(encode: (seq: number) => string, context?: Context): number {
    const seq = this.#end;
    const text = encode(seq);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#maxBytes) this.#skip();
    else this.#hold({ text, bytes, context });
    for (const listener of this.#listeners) this.#tell(listener);
    return seq;
  }

  /** The event with a number, or the gap that begins there; `undefined`: there is nothing yet. */
  read(seq: number): EventLogEntry<Context> | undefined {
    if (seq >= this.#end) return undefined;
    if (seq < this.#start) return { kind: 'gap', from: seq, to: this.#start };
    const held = this.#places[seq % this.#places.length];
    return held === undefined
      ? { kind: 'gap', from: seq, to: this.#nextHeld(seq) }
      : { kind: 'event', seq, text: held.text, context: held.context };
  }

  /** Calls the listener after every event, also one that was too large. One that throws disturbs nobody and is counted. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Numbers, sizes and totals as plain JSON. */
  snapshot(): EventLogSnapshot {
    return {
      maxEvents: this.#maxEvents,
      maxBytes: this.#maxBytes,
      start: this.#start,
      end: this.#end,
      events: this.#events,
      bytes: this.#bytes,
      appendedEvents: this.#end - this.#firstSeq,
      displacedEvents: this.#displacedEvents,
      oversizedEvents: this.#oversizedEvents,
      listenerFailures: this.#listenerFailures,
    };
  }

  #hold(held: Held<Context>): void {
    while (this.#bytes + held.bytes > this.#maxBytes) this.#displaceOldest();
    this.#makePlace();
    this.#places[this.#end % this.#places.length] = held;
    this.#events += 1;
    this.#bytes += held.bytes;
    this.#end += 1;
  }

  /** Takes a number for an event that is not held. */
  #skip(): void {
    this.#makePlace();
    this.#oversizedEvents += 1;
    this.#end += 1;
    this.#startAtHeld();
  }

  /** Sees to it that the place of the next number is free. */
  #makePlace(): void {
    const used = this.#end - this.#start;
    if (used < this.#places.length) return;
    if (used >= this.#maxEvents) this.#displaceOldest();
    else this.#grow();
  }

  #grow(): void {
    const places = new Array<Held<Context> | undefined>(Math.min(this.#places.length * 2, this.#maxEvents));
    for (let seq = this.#start; seq < this.#end; seq += 1) {
      places[seq % places.length] = this.#places[seq % this.#places.length];
    }
    this.#places = places;
  }

  #displaceOldest(): void {
    const place = this.#start % this.#places.length;
    this.#bytes -= this.#places[place]!.bytes;
    this.#places[place] = undefined;
    this.#events -= 1;
    this.#displacedEvents += 1;
    this.#start += 1;
    this.#startAtHeld();
  }

  /** The oldest place must hold an event: what could not be held before it is part of what is gone. */
  #startAtHeld(): void {
    this.#start = this.#nextHeld(this.#start);
  }

  #nextHeld(seq: number): number {
    let next = seq;
    while (next < this.#end && this.#places[next % this.#places.length] === undefined) next += 1;
    return next;
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch {
      this.#listenerFailures += 1;
    }
  }
}
