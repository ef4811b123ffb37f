import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from '@sessiond/protocol';
import type { Random } from '../random.ts';
import { QUIT } from './program.ts';
import { Refused, SoakConnection } from './soak-connection.ts';

/** A session and how it is read. */
export interface ReaderOptions {
  readonly port: number;
  readonly sessionId: string;
  readonly script: string;
  /** Where the child leaves its SHA-256. */
  readonly sumFile: string;
  /** `true`: the session waits for the reader, who acknowledges. `false`: what is not taken in time is dropped, with a gap. */
  readonly lossless: boolean;
  readonly random: Random;
}

/** What a reader has seen of its session. */
export interface ReaderReport {
  readonly sessionId: string;
  readonly sumFile: string;
  readonly lossless: boolean;
  /** SHA-256 of all that was received, in hex. */
  readonly sha256: string;
  readonly receivedBytes: number;
  readonly gapBytes: number;
  readonly stalls: number;
  readonly resumes: number;
  /** What must not happen: bytes twice, or missing without a gap, or an end that is none. */
  readonly problems: readonly string[];
}

const WINDOW_BYTES = 256 * 1024;
const ACKNOWLEDGE_BYTES = 64 * 1024;
const BUFFER_BYTES = 256 * 1024;
const SMALL_LINES = 50;
const FLOOD = '1 30000\n';
/** More than the buffers of sockets take, so that something has to be dropped. */
const LARGE_FLOOD = '1 300000\n';
const MAX_PROBLEMS = 5;

/** Makes one session write, and reads it: stalls, dies and comes back, and accounts for every byte. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #hash = createHash('sha256');
  readonly #problems: string[] = [];
  #connection: SoakConnection | undefined;
  #streamId: unknown;
  #offset = 0;
  #acknowledged = 0;
  #received = 0;
  #gaps = 0;
  #stalls = 0;
  #resumes = 0;
  #over: () => void = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#over = resolve;
  });

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Creates the session, keeps it busy until `isOver`, has it end, reads what is left, and deletes it. */
  async run(isOver: () => boolean): Promise<ReaderReport> {
    const { sessionId, script, sumFile, lossless } = this.#options;
    await this.#connect(async (connection) => {
      const pty = { command: 'sh', args: [script, sumFile], bufferBytes: BUFFER_BYTES };
      const overflow = lossless ? 'pause' : 'drop-oldest';
      await connection.request('create_session', { sessionId, kind: 'pty', pty: { ...pty, overflow } });
    });
    while (!isOver()) await this.#act();
    await this.#type(QUIT);
    await this.#ended;
    await this.#connection!.request('delete_session', { sessionId });
    this.#connection!.die();
    return {
      sessionId,
      sumFile,
      lossless,
      sha256: this.#hash.digest('hex'),
      receivedBytes: this.#received,
      gapBytes: this.#gaps,
      stalls: this.#stalls,
      resumes: this.#resumes,
      problems: this.#problems,
    };
  }

  async #act(): Promise<void> {
    const { random } = this.#options;
    const what = random.below(100);
    if (what < 70) await this.#type(`1 ${1 + random.below(SMALL_LINES)}\n`);
    else if (what < 75) await this.#type(FLOOD);
    else if (what < 85) await this.#stall(200 + random.below(1_500));
    else if (what < 93) await this.#dieAndResume(random.below(800));
    await sleep(100 + random.below(1_000));
  }

  async #type(text: string): Promise<void> {
    const { sessionId } = this.#options;
    for (;;) {
      try {
        await this.#connection!.request('input', { sessionId, data: text });
        return;
      } catch (error) {
        // A session that waits for its reader takes no input for a while.
        if (!(error instanceof Refused) || error.code !== 'INPUT_QUEUE_FULL') throw error;
        await sleep(100);
      }
    }
  }

  async #stall(forMs: number): Promise<void> {
    this.#stalls += 1;
    // Now and then with much to come meanwhile.
    if (this.#options.random.chance(0.3)) await this.#type(this.#options.lossless ? FLOOD : LARGE_FLOOD);
    this.#connection!.stall();
    await sleep(forMs);
    this.#connection!.goOn();
  }

  async #dieAndResume(afterMs: number): Promise<void> {
    this.#resumes += 1;
    this.#connection!.die();
    await sleep(afterMs);
    await this.#connect(async () => {});
  }

  async #connect(prepare: (connection: SoakConnection) => Promise<void>): Promise<void> {
    const { port, sessionId, lossless } = this.#options;
    const connection = await SoakConnection.open(
      port,
      (frame) => this.#take(frame),
      () => {
        if (this.#connection === connection) this.#note('the daemon closed the connection');
      },
    );
    await prepare(connection);
    this.#connection = connection;
    this.#acknowledged = this.#offset;
    const { streamId } = await connection.request('attach', {
      sessionId,
      from: this.#offset === 0 ? 'start' : this.#offset,
      ...(this.#streamId !== undefined && { streamId: this.#streamId }),
      ...(lossless && { window: WINDOW_BYTES }),
    });
    this.#streamId = streamId;
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'output':
        if (frame.offset !== this.#offset) this.#note(`output at ${frame.offset}, expected at ${this.#offset}`);
        this.#hash.update(frame.payload);
        this.#received += frame.payload.length;
        this.#offset = frame.offset + frame.payload.length;
        this.#acknowledge(frame.channel);
        break;
      case 'gap':
        if (this.#options.lossless) this.#note(`a gap from ${frame.from} to ${frame.to}`);
        if (frame.from !== this.#offset) this.#note(`a gap at ${frame.from}, expected at ${this.#offset}`);
        this.#gaps += frame.to - frame.from;
        this.#offset = frame.to;
        break;
      case 'end':
        if (frame.offset !== this.#offset) this.#note(`the end at ${frame.offset}, expected at ${this.#offset}`);
        this.#over();
        break;
      default:
    }
  }

  #acknowledge(channel: number): void {
    if (!this.#options.lossless || this.#offset - this.#acknowledged < ACKNOWLEDGE_BYTES) return;
    this.#acknowledged = this.#offset;
    this.#connection!.send({ kind: 'ack', channel, offset: this.#offset });
  }

  #note(problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(`${this.#options.sessionId}: ${problem}`);
  }
}
