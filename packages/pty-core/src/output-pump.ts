import { readSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { FloodRead, FloodScheduler, FloodSource } from './flood-scheduler.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** The most one read asks for; the kernel gives about 4 KB at a time, more when the writer is ahead. */
const READ_BYTES = 64 * 1024;
/** A terminal that gives more than this within the window is a flood. */
const FLOOD_BYTES = 32 * 1024;
const FLOOD_WINDOW_MS = 5;
/** How soon a terminal that the poller cannot watch is read again. */
const FIRST_PROBE_MS = 5;
const LAST_PROBE_MS = 250;
/** More than the kernel holds for one terminal: what is read at most when an output is ended by force. */
const FINISH_BYTES = 256 * 1024;

/** What all pumps of a process share. */
export interface PumpShare {
  readonly scheduler: FloodScheduler;
  /** Landing place of polled reads; its content is taken over within the callback. */
  readonly landing: Uint8Array;
}

/** What a pump tells its owner. `closing` and `ended` come once, in this order. */
export interface PumpHooks {
  /** Output may have come, and the readers were told of it; called any number of times. */
  flushed(): void;
  /** The descriptor is about to be closed: the last moment to fence whoever writes to it. */
  closing(): void;
  /** The output has ended and every reader was told. */
  ended(): void;
}

/** The memory a process needs for any number of pumps. */
export function createPumpShare(scheduler: FloodScheduler): PumpShare {
  return { scheduler, landing: new Uint8Array(READ_BYTES) };
}

/**
 * Who reads the terminal at the moment.
 * - `polled`: the event loop's poller wakes us (a quiet terminal)
 * - `flooding`: the scheduler reads it in turns
 * - `probed`: a timer, because nobody has the terminal open though its child lives and may open it anew, or because the
 *   buffer's room is smaller than what the poller might bring (policy `pause`)
 * - `blocked`: nobody, because the buffer has no room at all (policy `pause`)
 * - `closed`: nobody, for good
 */
type PumpState = 'polled' | 'flooding' | 'probed' | 'blocked' | 'closed';

/**
 * Moves a terminal's output into its buffer until the last byte, and closes the descriptor then.
 *
 * Node's stream is used only to learn that a quiet terminal became readable. It cannot be trusted with the end: older
 * libuv reports end of stream while bytes are waiting, and destroying the stream loses them. So its destruction is
 * intercepted, which keeps the descriptor open, and the kernel is asked directly until it says that the terminal is
 * closed (EIO) *and* the child is gone; only then the descriptor is closed. Bytes of background jobs that outlive the
 * child arrive too, for as long as they have the terminal open.
 */
export class OutputPump implements FloodSource {
  readonly #fd: number;
  readonly #output: OutputBuffer;
  readonly #share: PumpShare;
  readonly #hooks: PumpHooks;
  readonly #landing: Uint8Array;
  readonly #stream: ReadStream;
  #releaseStream: (() => void) | undefined;
  #state: PumpState = 'polled';
  /** Nobody has the terminal open, or the stream claims so. */
  #hungUp = false;
  #childGone = false;
  /** How far readers were told of. */
  #flushedEnd = 0;
  #probe: NodeJS.Timeout | undefined;
  #probeMs = FIRST_PROBE_MS;
  #windowStart = 0;
  #windowBytes = 0;

  /** Takes over `fd` and reads it from the next turn on. */
  constructor(fd: number, output: OutputBuffer, share: PumpShare, hooks: PumpHooks) {
    this.#fd = fd;
    this.#output = output;
    this.#share = share;
    this.#hooks = hooks;
    this.#landing = share.landing.subarray(0, pollBytes(output.capacityBytes));
    this.#stream = this.#openStream();
    output.onRoomChanged(() => this.#roomChanged());
    this.#stream.resume();
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Tells that the child was reaped: from now on a terminal that nobody has open has ended. */
  childExited(): void {
    this.#childGone = true;
    if (this.#state === 'polled' || this.#state === 'probed') this.#flood();
  }

  /**
   * Takes what the kernel holds right now, then ends the output and closes the descriptor, also if somebody still has the
   * terminal open. Bytes the buffer has no room for displace the oldest, so a slow reader gets a gap even under `pause`.
   * Idempotent.
   */
  finish(): void {
    if (this.#state === 'closed') return;
    const enough = this.#output.end + FINISH_BYTES;
    while (this.#output.end < enough && this.#read(READ_BYTES) === 'data');
    this.#close();
  }

  readOnce(): FloodRead {
    if (this.#wouldOvertake()) this.flush();
    if (this.#state !== 'flooding') return 'empty';
    const maxBytes = Math.min(READ_BYTES, this.#output.room());
    if (maxBytes <= 0) {
      this.#state = 'blocked';
      return 'empty';
    }
    switch (this.#read(maxBytes)) {
      case 'data':
        return 'data';
      case 'empty':
        this.#listen();
        return 'empty';
      case 'closed':
        this.#hungUp = true;
        if (this.#childGone) this.#close();
        else this.#probeLater();
        return 'closed';
    }
  }

  flush(): void {
    if (this.#state === 'closed') return;
    this.#flushedEnd = this.#output.end;
    this.#share.scheduler.outputSeen(this);
    this.#output.flush();
    this.#hooks.flushed();
  }

  /** Whether one more read could overwrite bytes that no reader was told of: a small ring is passed on before its turn. */
  #wouldOvertake(): boolean {
    const untold = this.#output.end - this.#flushedEnd;
    return untold > 0 && untold + READ_BYTES > this.#output.capacityBytes;
  }

  /** Reads into the ring itself; a ring without capacity has no place to read into, so its bytes land beside it. */
  #read(maxBytes: number): FloodRead {
    const region = this.#output.reserve(maxBytes);
    const target = region.length > 0 ? region : this.#landing;
    try {
      const bytes = readSync(this.#fd, target, 0, target.length, null);
      if (bytes === 0) return 'closed';
      if (target === region) this.#output.commit(bytes);
      else this.#output.append(target.subarray(0, bytes));
      this.#probeMs = FIRST_PROBE_MS;
      return 'data';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'empty' : 'closed';
    }
  }

  #close(): void {
    this.#state = 'closed';
    clearTimeout(this.#probe);
    this.#share.scheduler.remove(this);
    this.#hooks.closing();
    if (this.#releaseStream === undefined) this.#stream.destroy();
    else this.#releaseStream();
    this.#output.finish();
    this.#hooks.ended();
  }

  #openStream(): ReadStream {
    const onread = { buffer: this.#landing, callback: (bytes: number) => this.#onPolledRead(bytes) };
    const stream = new ReadStream(this.#fd, { onread } as object);
    const destroy = stream._destroy.bind(stream);
    stream._destroy = (_error, done) => {
      this.#releaseStream = () => destroy(null, done);
      if (this.#state === 'closed') this.#releaseStream();
      else this.#streamEnded();
    };
    stream.on('end', () => stream.destroy());
    stream.on('error', () => {});
    return stream;
  }

  #onPolledRead(bytes: number): boolean {
    this.#output.append(this.#landing.subarray(0, bytes));
    this.flush();
    if (this.#state !== 'polled') return false;
    if (this.#mayPoll() && !this.#isFlood(bytes)) return true;
    this.#flood();
    return false;
  }

  #isFlood(bytes: number): boolean {
    const now = performance.now();
    if (now - this.#windowStart > FLOOD_WINDOW_MS) {
      this.#windowStart = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes;
    return this.#windowBytes > FLOOD_BYTES;
  }

  /** A polled read lands before its size is known, so it needs room for the largest one. */
  #mayPoll(): boolean {
    return this.#output.room() >= this.#landing.length;
  }

  #roomChanged(): void {
    const idle = this.#state === 'blocked' || this.#state === 'probed';
    if (idle || (this.#state === 'polled' && !this.#mayPoll())) this.#flood();
  }

  #streamEnded(): void {
    this.#hungUp = true;
    if (this.#state === 'polled') this.#flood();
  }

  #flood(): void {
    if (this.#state === 'polled') this.#stream.pause();
    clearTimeout(this.#probe);
    this.#state = 'flooding';
    this.#share.scheduler.add(this);
  }

  /** The kernel has nothing now: waits for more in the cheapest way that is possible. */
  #listen(): void {
    if (this.#hungUp || !this.#mayPoll()) {
      this.#probeLater();
      return;
    }
    this.#state = 'polled';
    this.#stream.resume();
  }

  #probeLater(): void {
    this.#state = 'probed';
    this.#probe = setTimeout(() => this.#flood(), this.#probeMs);
    this.#probeMs = Math.min(this.#probeMs * 2, LAST_PROBE_MS);
  }
}

/** At most a quarter of the buffer, so that the poller can serve readers that keep up to three quarters of it waiting. */
function pollBytes(capacityBytes: number): number {
  return capacityBytes === 0 ? READ_BYTES : Math.max(1, Math.min(READ_BYTES, capacityBytes >> 2));
}
