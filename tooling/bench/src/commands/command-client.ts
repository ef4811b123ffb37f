import { randomBytes } from 'node:crypto';
import { RawWebSocket, type RawWebSocketTarget } from '../client/raw-web-socket.ts';
import { SESSION_ID } from './command-server.ts';

const TEXT = 1;
/** Ids have a fixed width, so that they are written into the frame where they stand. */
const ID_DIGITS = 10;

/** Stands where the id of every single command will be. */
export const COMMAND_ID = 'COMMAND_ID';

const SUCCESS = Buffer.from('"success":true');

/** A command that asks little of a terminal: the size that it has already. */
const RESIZE = JSON.stringify({ type: 'resize', id: COMMAND_ID, sessionId: SESSION_ID, cols: 80, rows: 24 });

/**
 * Sends one cheap control command over and over, each with an id of its own, and counts the answers.
 *
 * Commands that leave together leave in one write, and answers are looked at but not parsed: the client has a core of its
 * own to keep up with the server. Rejects, and stays so, when an answer is not a success or the connection ends.
 */
export class CommandClient {
  readonly #socket: RawWebSocket;
  readonly #frame: Buffer;
  readonly #idAt: number;
  #sent = 0;
  #answered = 0;
  #limit = 0;
  #depth = 1;
  #onAnswered: () => void = () => {};
  #onFailure: (error: Error) => void = () => {};

  /** Connects, and waits for the greeting. `command` is JSON with {@link COMMAND_ID} as its id. */
  static async open(target: RawWebSocketTarget, command: string = RESIZE): Promise<CommandClient> {
    let greet: () => void = () => {};
    let refuse: (error: Error) => void = () => {};
    const greeted = new Promise<void>((resolve, reject) => {
      greet = resolve;
      refuse = reject;
    });
    const client: CommandClient = new CommandClient(target, command, greet, refuse);
    await Promise.all([client.#socket.opened, greeted]);
    return client;
  }

  private constructor(
    target: RawWebSocketTarget,
    command: string,
    onGreeting: () => void,
    onRefused: (error: Error) => void,
  ) {
    let greeted = false;
    this.#socket = new RawWebSocket(target, {
      headBytes: (opcode, payloadBytes) => (opcode === TEXT ? payloadBytes : 0),
      onFrame: (_opcode, _payloadBytes, head) => {
        if (greeted) this.#receive(head);
        else onGreeting();
        greeted = true;
      },
      onClose: () => {
        const error = new Error('Cannot measure commands: the server closed the connection');
        onRefused(error);
        this.#onFailure(error);
      },
    });
    // What others have used as ids already would be answered from memory.
    const mine = randomBytes(4).toString('hex');
    this.#frame = RawWebSocket.textFrame(command.replace(COMMAND_ID, mine + '0'.repeat(ID_DIGITS)));
    this.#idAt = this.#frame.indexOf(mine) + mine.length;
  }

  /** Sends `count` commands, at most `depth` of them unanswered at any time, and resolves with the last answer. */
  run(count: number, depth: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onAnswered = resolve;
      this.#onFailure = reject;
      this.#limit = this.#answered + count;
      this.#depth = depth;
      this.#fill();
    });
  }

  /** Drops the connection. Idempotent. */
  close(): void {
    this.#onFailure = () => {};
    this.#socket.close();
  }

  #receive(answer: Buffer): void {
    // Events of the session are not answers.
    if (!answer.includes('"response"')) return;
    if (!answer.includes(SUCCESS)) {
      this.#onFailure(new Error(`Cannot measure commands: ${answer.toString()}`));
      return;
    }
    this.#answered += 1;
    if (this.#answered === this.#limit) this.#onAnswered();
    // All answers of one read are told in one turn; what may follow them leaves together afterwards.
    else if (this.#sent < this.#limit && this.#sent - this.#answered === this.#depth - 1) {
      process.nextTick(this.#refill);
    }
  }

  readonly #refill = (): void => this.#fill();

  #fill(): void {
    const count = Math.min(this.#limit - this.#sent, this.#depth - (this.#sent - this.#answered));
    if (count <= 0) return;
    const { length } = this.#frame;
    const frames = Buffer.allocUnsafe(count * length);
    for (let index = 0; index < count; index++) {
      this.#frame.copy(frames, index * length);
      let rest = ++this.#sent;
      for (let digit = ID_DIGITS - 1; rest > 0; digit--) {
        frames[index * length + this.#idAt + digit] = 0x30 + (rest % 10);
        rest = Math.floor(rest / 10);
      }
    }
    this.#socket.sendFrames(frames);
  }
}
