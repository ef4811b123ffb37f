import type { Socket } from 'node:net';
import { closeCodes } from '@sessiond/protocol';
import type { WebSocket } from 'ws';
import type { Containment, Owner } from '../containment.ts';
import type { HeartbeatMember } from './heartbeat-wheel.ts';

/** What the pulse of a WebSocket needs. */
export interface WebSocketPulseOptions {
  /** Where a failure goes of what the wheel calls. */
  readonly containment: Pick<Containment, 'run'>;
  /** A client gave no sign of life in time, and its connection was ended. */
  readonly onLost: () => void;
}

/** The log names it by its kind alone. */
const NO_FACTS: Owner['facts'] = Object.freeze({});

/** One WebSocket as a {@link HeartbeatMember}: its signs of life are what its socket receives. What fails in it ends this WebSocket only. */
export class WebSocketPulse implements HeartbeatMember, Owner {
  readonly kind = 'connection';
  readonly facts: Owner['facts'] = NO_FACTS;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #options: WebSocketPulseOptions;
  #readingResumed = 0;

  /** `socket` is the one that carries `ws`. */
  constructor(ws: WebSocket, socket: Socket, options: WebSocketPulseOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#options = options;
    socket.on('resume', () => {
      this.#readingResumed += 1;
    });
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get readingPaused(): boolean {
    return this.#ws.isPaused;
  }

  get readingResumed(): number {
    return this.#readingResumed;
  }

  ping(): void {
    this.#options.containment.run(this, () => this.#ws.ping());
  }

  expire(): void {
    this.#options.containment.run(this, () => {
      this.#options.onLost();
      this.#ws.close(closeCodes.goingAway, 'heartbeat lost');
      this.end();
    });
  }

  end(): void {
    this.#ws.terminate();
  }
}
