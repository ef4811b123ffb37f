import { type Client, isClientError } from '@sessiond/client';
import { type ExitInfo, isEventOf } from '@sessiond/protocol/client';

/** Learns how the program of a session ends, from the events that come with an attachment. */
export class ExitWatch {
  readonly #client: Client;
  readonly #sessionId: string;
  readonly #stop: () => void;
  #exit: ExitInfo | undefined;
  #onExited: () => void = () => {};

  /** Begins to listen; create it before attaching. */
  constructor(client: Client, sessionId: string) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#stop = client.onEvent((message) => {
      if (message.sessionId !== sessionId) return;
      if (isEventOf(message, 'pty.stopped')) this.#exit = exitOf(message.event);
      if (isEventOf(message, 'pty.exited')) {
        this.#exit = exitOf(message.event);
        this.#onExited();
      }
    });
  }

  /** Calls when the program has ended; its output may not be over, and never be while background jobs hold the terminal. */
  onExited(listener: () => void): void {
    this.#onExited = listener;
  }

  /** How it ended; `undefined` when it still runs or nobody knows any more. */
  async result(): Promise<ExitInfo | undefined> {
    if (this.#exit !== undefined) return this.#exit;
    try {
      const { exit } = await this.#client.request('get_state', { sessionId: this.#sessionId });
      return exit ?? this.#exit;
    } catch (error) {
      // A session without retention is gone as soon as it ended; its last event came before this answer.
      if (isClientError(error, 'SESSION_NOT_FOUND')) return this.#exit;
      throw error;
    }
  }

  stop(): void {
    this.#stop();
  }
}

function exitOf({ exitCode, signal, reason }: ExitInfo): ExitInfo {
  return { exitCode, signal, reason };
}
