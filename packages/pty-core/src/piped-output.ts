import { Socket } from 'node:net';
import type { Clock } from './clock.ts';

/** Where a process wrote something. */
export type OutputStream = 'stdout' | 'stderr';

/**
 * Takes output in the order in which it is read; the bytes belong to the taker. Nothing more is read while what it returns is pending, so that
 * the process has to wait. Must not throw or reject.
 */
export type OutputTaker = (stream: OutputStream, bytes: Uint8Array) => void | Promise<void>;

/** Told once of each stream that nothing more comes of it: nobody can write to it any more, or it is not read any further. Must not throw. */
export type OutputEndListener = (stream: OutputStream) => void;

/** How long nothing may come after the end of the process before its output counts as over, though others hold the pipe. */
const QUIET_MS = 50;
/** The most a pipe can hold for a process of an ordinary user: what is read beyond that was written after the end. */
const MAX_PIPE_BYTES = 1024 * 1024;

interface Source {
  readonly stream: OutputStream;
  readonly socket: Socket;
  /** Read since the process has ended. */
  lateBytes: number;
  over: boolean;
}

/**
 * Reads the two pipes of a process to their end, losing nothing, and not faster than the taker takes it. Holds at most 128 KiB of each.
 *
 * A process may leave others behind that hold its pipes. After its end reading goes on until the pipes are closed, or nothing came for 50 ms, or
 * more was read than a pipe can hold: then everything is told that the process itself had written.
 */
export class PipedOutput {
  /** Resolves when there is nothing more to take. Never rejects. */
  readonly ended: Promise<void>;
  readonly #clock: Clock;
  readonly #take: OutputTaker;
  readonly #onEnd: OutputEndListener | undefined;
  readonly #sources: Readonly<Record<OutputStream, Source>>;
  #resolveEnded!: () => void;
  #over = false;
  #held = false;
  #processEnded = false;
  /** Counts what came, so that a timer can tell whether something has. */
  #arrivals = 0;
  #stopWaiting: () => void = () => {};

  /** Takes over both descriptors. */
  constructor(
    readEnds: Readonly<Record<OutputStream, number>>,
    clock: Clock,
    take: OutputTaker,
    onEnd: OutputEndListener | undefined,
  ) {
    this.#clock = clock;
    this.#take = take;
    this.#onEnd = onEnd;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#sources = {
      stdout: this.#open('stdout', readEnds.stdout),
      stderr: this.#open('stderr', readEnds.stderr),
    };
  }

  /** Tells that the process has ended. */
  processEnded(): void {
    this.#processEnded = true;
    this.#awaitQuiet();
  }

  /** Ends reading at once; what was not read is lost. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    for (const source of Object.values(this.#sources)) this.#end(source);
    this.#resolveEnded();
  }

  #open(stream: OutputStream, fd: number): Source {
    const socket = new Socket({ fd, readable: true, writable: false });
    const source: Source = { stream, socket, lateBytes: 0, over: false };
    const end = (): void => this.#sourceEnded(source);
    socket.on('data', (bytes) => this.#arrived(source, bytes));
    socket.on('end', end).on('error', end).on('close', end);
    return source;
  }

  #arrived(source: Source, bytes: Uint8Array): void {
    if (this.#over || source.over) return;
    this.#arrivals += 1;
    if (this.#processEnded) source.lateBytes += bytes.length;
    const taken = this.#take(source.stream, bytes);
    if (taken !== undefined) this.#hold(taken);
    if (source.lateBytes > MAX_PIPE_BYTES) this.#sourceEnded(source);
    this.#awaitQuiet();
  }

  #hold(taken: Promise<void>): void {
    this.#held = true;
    this.#stopWaiting();
    for (const { socket } of Object.values(this.#sources)) socket.pause();
    void taken.then(() => {
      this.#held = false;
      if (this.#over) return;
      for (const { socket } of Object.values(this.#sources)) socket.resume();
      this.#awaitQuiet();
    });
  }

  #end(source: Source): void {
    if (source.over) return;
    source.over = true;
    source.socket.destroy();
    this.#onEnd?.(source.stream);
  }

  #sourceEnded(source: Source): void {
    this.#end(source);
    if (!this.#held && Object.values(this.#sources).every(({ over }) => over)) this.close();
  }

  #awaitQuiet(): void {
    this.#stopWaiting();
    if (!this.#processEnded || this.#held || this.#over) return;
    if (Object.values(this.#sources).every(({ over }) => over)) {
      this.close();
      return;
    }
    const seen = this.#arrivals;
    this.#stopWaiting = this.#clock.after(QUIET_MS, () => {
      // A process that was busy itself comes here before it has looked at the pipes.
      setImmediate(() => {
        if (this.#arrivals === seen && !this.#held) this.close();
      });
    });
  }
}
