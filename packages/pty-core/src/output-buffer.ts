import { type CursorBytes, type CursorGap, RingBuffer, type WriteResult } from '@sessiond/ring-buffer';
import { Backpressure } from './backpressure.ts';
import { InvalidOptionError } from './errors.ts';
import type { Unsubscribe } from './events.ts';
import { chunksOf } from './output-chunks.ts';
import { OutputReader } from './output-reader.ts';
import type { OutputStats } from './output-stats.ts';
import { ReaderSet } from './reader-set.ts';

/**
 * What happens when a child writes faster than its readers read.
 * - `drop-oldest`: the oldest bytes make room; readers that were too slow get an exact gap.
 * - `pause`: the terminal is not read any more until a reader has caught up, so the kernel blocks the child: lossless.
 */
export type OverflowPolicy = 'drop-oldest' | 'pause';

/** Settings of an {@link OutputBuffer}. */
export interface OutputBufferOptions {
  /** Bytes kept; 0 is legal with `drop-oldest` and keeps nothing. Default 4 MiB. */
  readonly capacityBytes?: number;
  /** Default `drop-oldest`. */
  readonly overflow?: OverflowPolicy;
  /** Utilization from which on readers count as lagging, more than 0.1 and at most 1. Default 0.75. */
  readonly backpressureThreshold?: number;
}

/** An {@link OutputBuffer} as plain JSON. */
export interface OutputSnapshot extends OutputStats {
  readonly capacityBytes: number;
  readonly overflow: OverflowPolicy;
  readonly start: number;
  readonly floor: number;
  readonly end: number;
  readonly ended: boolean;
  readonly underPressure: boolean;
  readonly readers: number;
  readonly watchers: number;
  /** How many times a reader's `onReadable` threw. */
  readonly readerFailures: number;
}

const DEFAULTS = Object.freeze({
  capacityBytes: 4 * 1024 * 1024,
  overflow: 'drop-oldest' as OverflowPolicy,
  backpressureThreshold: 0.75,
});

/**
 * The output of one PTY: a ring of its last bytes, the readers that follow it, and what to do when they are too slow.
 *
 * Memory is the ring's capacity, whatever the readers do. *Undelivered* are the bytes behind the slowest attached reader
 * (behind what it acknowledged); with no reader attached, behind where the last one left; before any, everything.
 */
export class OutputBuffer {
  readonly #ring: RingBuffer;
  readonly #pressure: Backpressure;
  readonly #roomListeners = new Set<() => void>();
  readonly #pressureListeners = new Set<() => void>();
  readonly #readers = new ReaderSet();
  #overflow: OverflowPolicy;
  /** Everything before this offset is delivered. */
  #floor = 0;
  #droppedBytes = 0;
  #overflowEvents = 0;
  #ended = false;
  #flushing = false;
  #unflushed = false;

  /**
   * @throws InvalidOptionError for a capacity that is negative, fractional, too large, or 0 together with `pause`, and for a
   * threshold out of range.
   */
  constructor(options: OutputBufferOptions = {}) {
    const capacityBytes = options.capacityBytes ?? DEFAULTS.capacityBytes;
    this.#ring = createRing(capacityBytes);
    this.#overflow = checkedPolicy(options.overflow ?? DEFAULTS.overflow, capacityBytes);
    this.#pressure = new Backpressure(capacityBytes, options.backpressureThreshold ?? DEFAULTS.backpressureThreshold);
  }

  get capacityBytes(): number {
    return this.#ring.capacity();
  }

  /** Offset of the oldest byte that can still be read. */
  get start(): number {
    return this.#ring.start;
  }

  /** Offset behind the newest byte. */
  get end(): number {
    return this.#ring.end;
  }

  /** Offset before which everything counts as delivered. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether no byte will follow. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes overwritten before every reader that counts had them. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Whether readers lag behind: see {@link Backpressure}. */
  get underPressure(): boolean {
    return this.#pressure.on;
  }

  get readerCount(): number {
    return this.#readers.active;
  }

  /** How many times a reader's `onReadable` threw. */
  get readerFailures(): number {
    return this.#readers.failures;
  }

  get overflow(): OverflowPolicy {
    return this.#overflow;
  }

  /** Switches the policy while running. @throws InvalidOptionError for `pause` without capacity. */
  set overflow(policy: OverflowPolicy) {
    this.#overflow = checkedPolicy(policy, this.capacityBytes);
    tell(this.#roomListeners);
  }

  /** Bytes that may be appended now under the policy; `Infinity` when the oldest may be dropped. */
  room(): number {
    if (this.#overflow === 'drop-oldest') return Number.POSITIVE_INFINITY;
    return this.capacityBytes - this.#undelivered();
  }

  /** Calls `listener` whenever `room()` has grown or shrunk otherwise than by bytes that were appended. */
  onRoomChanged(listener: () => void): Unsubscribe {
    this.#roomListeners.add(listener);
    return () => this.#roomListeners.delete(listener);
  }

  /**
   * Calls `listener` whenever the pressure went on or off: on when readers were given new bytes and left too many of all, off
   * as soon as they have caught up, when there is nothing left to catch up with, and at the end.
   */
  onBackpressure(listener: () => void): Unsubscribe {
    this.#pressureListeners.add(listener);
    return () => this.#pressureListeners.delete(listener);
  }

  /** Copies bytes in. Readers learn of them with the next {@link flush}. */
  append(bytes: Uint8Array): void {
    this.#account(this.#ring.write(bytes));
  }

  /** A region of the ring to read into directly, see {@link RingBuffer.reserve}. */
  reserve(maxBytes: number): Uint8Array<ArrayBuffer> {
    return this.#ring.reserve(maxBytes);
  }

  /** Makes the first `bytes` of the last {@link reserve} part of the output. */
  commit(bytes: number): void {
    this.#account(this.#ring.commit(bytes));
  }

  /** Calls every reader's `onReadable`. One that throws disturbs neither the others nor the terminal, and is counted. */
  flush(): void {
    this.#unflushed = true;
    if (this.#flushing) return;
    this.#flushing = true;
    // A reader may clear or finish from within: then everybody is called once more, not deeper and deeper.
    while (this.#unflushed) {
      this.#unflushed = false;
      this.#readers.wake();
    }
    this.#flushing = false;
    if (!this.#ended) this.#updatePressure();
  }

  /** Forgets all that is kept: readers who did not have it get a gap. It counts neither as delivered nor as dropped. */
  clear(): void {
    if (this.#ring.start === this.#ring.end) return;
    this.#ring.clear();
    this.#moveFloor(this.#ring.end);
    this.flush();
  }

  /** Marks the end; nothing may be appended after it. Readers get it after the last byte. Idempotent. */
  finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.flush();
    if (this.#pressure.release()) tell(this.#pressureListeners);
  }

  /**
   * Attaches a reader. `onReadable` is called, from within {@link flush}, when there may be something new to take; what is
   * there already at the time of opening, the reader takes by itself.
   * With `pause` the child waits while a whole ring is unacknowledged. A reader that acknowledges at half of it is served
   * without delay; while more than three quarters are unacknowledged, new output may come up to 250 ms late.
   * A `passive` one only watches: what it has read does not count as delivered, and what it has not read holds nobody up.
   * @throws OffsetOutOfRangeError for an offset behind the end; an offset before `start` is answered with a gap.
   */
  openReader(
    from: number | 'start' | 'end',
    onReadable: () => void,
    options: { readonly passive?: boolean } = {},
  ): OutputReader {
    const cursor = this.#ring.cursor(from);
    const reader = new OutputReader(cursor, onReadable, {
      ended: () => this.#ended,
      acknowledged: (before) => {
        if (before <= this.#floor) this.#updateFloor();
      },
      closed: () => {
        if (!this.#readers.remove(reader)) return;
        this.#moveFloor(this.#readers.slowest() ?? reader.acknowledged);
      },
    });
    this.#readers.add(reader, options.passive === true);
    this.#updateFloor();
    return reader;
  }

  /**
   * The output as it comes, until its end: bytes, which are copies and belong to the caller, and exact gaps. A reader of its
   * own is attached while somebody iterates; a chunk counts as delivered when the next one is asked for, so with `pause` a
   * slow loop slows the child down and loses nothing. Leaving the loop detaches it; who waits for a chunk and no longer wants
   * it aborts the signal, because a generator cannot be left while it waits.
   * @throws OffsetOutOfRangeError as {@link openReader} does, and the reason of the signal when that is aborted.
   */
  chunks(
    from: number | 'start' | 'end' = 'start',
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<CursorBytes | CursorGap, void, undefined> {
    return chunksOf(this, from, options.signal);
  }

  /** A copy of at most `maxBytes` from `offset` on. @throws OffsetOutOfRangeError outside of `start` … `end`. */
  readAt(offset: number, maxBytes: number): Uint8Array<ArrayBuffer> {
    return this.#ring.readAt(offset, maxBytes);
  }

  /** Totals so far. */
  stats(): OutputStats {
    return {
      totalWritten: this.#ring.end,
      totalDropped: this.#droppedBytes,
      currentUtilization: this.capacityBytes === 0 ? 0 : this.#undelivered() / this.capacityBytes,
      overflowEvents: this.#overflowEvents,
    };
  }

  snapshot(): OutputSnapshot {
    return {
      ...this.stats(),
      capacityBytes: this.capacityBytes,
      overflow: this.#overflow,
      start: this.start,
      floor: this.#floor,
      end: this.end,
      ended: this.#ended,
      underPressure: this.#pressure.on,
      readers: this.#readers.active,
      watchers: this.#readers.passive,
      readerFailures: this.readerFailures,
    };
  }

  #undelivered(): number {
    return this.#ring.end - this.#floor;
  }

  #updatePressure(): void {
    if (this.#pressure.update(this.#undelivered())) tell(this.#pressureListeners);
  }

  #account({ written }: WriteResult): void {
    if (written === 0) return;
    const start = this.#ring.start;
    if (start <= this.#floor) return;
    this.#droppedBytes += start - this.#floor;
    this.#overflowEvents += 1;
    this.#floor = start;
  }

  #updateFloor(): void {
    this.#moveFloor(this.#readers.slowest() ?? this.#floor);
  }

  #moveFloor(offset: number): void {
    const floor = Math.max(offset, this.#ring.start);
    if (floor === this.#floor) return;
    this.#floor = floor;
    if (this.#pressure.on) this.#updatePressure();
    if (this.#overflow === 'pause') tell(this.#roomListeners);
  }
}

function tell(listeners: ReadonlySet<() => void>): void {
  for (const listener of [...listeners]) listener();
}

function createRing(capacityBytes: number): RingBuffer {
  try {
    return new RingBuffer(capacityBytes);
  } catch {
    throw new InvalidOptionError(
      'bufferBytes',
      capacityBytes,
      'an integer of at least 0 that this engine can allocate',
    );
  }
}

function checkedPolicy(policy: OverflowPolicy, capacityBytes: number): OverflowPolicy {
  if (policy !== 'drop-oldest' && policy !== 'pause') {
    throw new InvalidOptionError('overflow', policy, '"drop-oldest" or "pause"');
  }
  if (policy === 'pause' && capacityBytes === 0) {
    throw new InvalidOptionError('bufferBytes', capacityBytes, 'at least 1 with overflow "pause"');
  }
  return policy;
}
