/** One terminal at the server under test, seen by a client that counts its output and keeps none of it. */
export interface Terminal {
  /** Bytes of child output received so far. */
  readonly receivedBytes: number;
  /** Resolves once `receivedBytes` is at least `bytes`; rejects if the terminal ends before. One caller at a time. */
  reach(bytes: number): Promise<void>;
  /** Resolves when the server has told that the child ended, or the connection is gone. */
  readonly ended: Promise<void>;
  /** Types into the terminal. ASCII only. */
  write(text: string): void;
  /** Stops reading, as a client that hangs. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** Ends the child at the server and drops the connection. Idempotent. */
  close(): Promise<void>;
}

/** The counting half of a {@link Terminal}, which every wire protocol shares. */
export class OutputCounter {
  receivedBytes = 0;
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => {};
  #hasEnded = false;
  #waiting: { bytes: number; resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Adds output that arrived. */
  add(bytes: number): void {
    this.receivedBytes += bytes;
    const waiting = this.#waiting;
    if (waiting !== null && this.receivedBytes >= waiting.bytes) {
      this.#waiting = null;
      waiting.resolve();
    }
  }

  /** Notes that nothing more is to be expected. Idempotent. */
  end(): void {
    this.#hasEnded = true;
    this.#resolveEnded();
    this.#waiting?.reject(this.#tooShort(this.#waiting.bytes));
    this.#waiting = null;
  }

  /** See {@link Terminal.reach}. */
  reach(bytes: number): Promise<void> {
    if (this.receivedBytes >= bytes) return Promise.resolve();
    if (this.#hasEnded) return Promise.reject(this.#tooShort(bytes));
    return new Promise((resolve, reject) => {
      this.#waiting = { bytes, resolve, reject };
    });
  }

  #tooShort(bytes: number): Error {
    return new Error(`Cannot reach ${bytes} bytes of output: the terminal ended after ${this.receivedBytes}`);
  }
}
