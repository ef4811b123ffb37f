/** What one answer of an agent cost. */
export interface Answer {
  /** From the prompt to the first piece of the answer. */
  readonly firstTokenMs: number;
  /** From the prompt to the end of the run. */
  readonly wholeMs: number;
  /** Everything that came from the prompt to the end of the run and the answer to the prompt, framing included. */
  readonly wireBytes: number;
  /** What the model said, put together from its pieces. */
  readonly text: string;
}

/** A conversation with an agent, over whatever it is reached by. */
export interface Talk {
  /** Has it answer. One at a time. Rejects when the agent refuses or goes away. */
  prompt(message: string): Promise<Answer>;
  /** Has it answer, aborts when the first piece has come, and resolves with the milliseconds from there to the end of the run. */
  abort(message: string): Promise<number>;
  close(): Promise<void>;
}

/** What an {@link AnswerWatch} is told of an event of an agent. */
export interface TalkEvent {
  readonly type?: string;
  readonly assistantMessageEvent?: { readonly type?: string; readonly delta?: string };
}

/** Watches one answer while it comes. */
export class AnswerWatch {
  /** Settles at the end of the run. */
  readonly ended: Promise<Answer>;
  /** Settles with the first piece of the answer. */
  readonly begun: Promise<void>;
  readonly #startMs = performance.now();
  readonly #fail: (error: Error) => void;
  readonly #begin: () => void;
  readonly #end: (answer: Answer) => void;
  #firstTokenMs: number | undefined;
  #text = '';
  #wireBytes = 0;

  constructor() {
    let begin!: () => void;
    let end!: (answer: Answer) => void;
    let fail!: (error: Error) => void;
    this.begun = new Promise((resolve) => {
      begin = resolve;
    });
    this.ended = new Promise((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
    this.#begin = begin;
    this.#end = end;
    this.#fail = fail;
  }

  /** Bytes that have come so far. */
  get wireBytes(): number {
    return this.#wireBytes;
  }

  /** Takes note of bytes that came. */
  received(bytes: number): void {
    this.#wireBytes += bytes;
  }

  /** Takes note of an event: both ends of the comparison tell pieces in the same words. */
  event({ type, assistantMessageEvent }: TalkEvent): void {
    if (type === 'agent_end') {
      const wholeMs = performance.now() - this.#startMs;
      const firstTokenMs = this.#firstTokenMs ?? Number.NaN;
      this.#end({ firstTokenMs, wholeMs, wireBytes: this.#wireBytes, text: this.#text });
      return;
    }
    if (assistantMessageEvent?.type !== 'text_delta') return;
    this.#firstTokenMs ??= performance.now() - this.#startMs;
    this.#text += assistantMessageEvent.delta;
    this.#begin();
  }

  fail(error: Error): void {
    this.#fail(error);
  }
}
