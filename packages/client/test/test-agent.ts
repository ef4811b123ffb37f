import type { AttachCommand, KnownEvent, ResponseDataOf } from '@sessiond/protocol';
import type { WebSocket } from 'ws';

/** The log of an agent session of the test daemon: numbers from 1, everything kept until it is told to forget. */
export class TestAgent {
  readonly streamId: string;
  /** An agent that ended with an earlier run of the daemon: it is over, and no event says so. */
  isLost: boolean = false;
  readonly #sessionId: string;
  readonly #events: KnownEvent[] = [];
  /** Number of the next event for each follower. */
  readonly #followers = new Map<WebSocket, number>();
  #start = 1;

  constructor(sessionId: string, streamId: string = `stream-${sessionId}`) {
    this.#sessionId = sessionId;
    this.streamId = streamId;
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** Number of the next event. */
  get end(): number {
    return this.#events.length + 1;
  }

  append(event: KnownEvent): void {
    this.#events.push(event);
    for (const socket of this.#followers.keys()) this.#flush(socket);
  }

  forgetBefore(seq: number): void {
    this.#start = seq;
  }

  attach(command: AttachCommand, socket: WebSocket): ResponseDataOf<'attach'> {
    const { end } = this;
    const from = command.from === 'now' ? end : command.from === 'start' ? this.#start : (command.from ?? this.#start);
    this.#followers.set(socket, from);
    const { streamId } = this;
    const role = command.role ?? 'driver';
    return {
      channel: 1,
      streamId,
      from,
      start: this.#start,
      end,
      state: this.isLost ? 'stopped' : 'idle',
      role,
      window: 0,
    };
  }

  detach(socket: WebSocket): number | undefined {
    const next = this.#followers.get(socket);
    this.#followers.delete(socket);
    return next;
  }

  /** Sends what a follower has not had. */
  flush(socket: WebSocket): void {
    if (this.#followers.has(socket)) this.#flush(socket);
  }

  #flush(socket: WebSocket): void {
    let next = this.#followers.get(socket)!;
    const envelope = { type: 'event', sessionId: this.#sessionId, timestamp: '2026-01-31T12:00:00.000Z' };
    if (next < this.#start) {
      const event = { type: 'events_gap', from: next, to: this.#start };
      socket.send(JSON.stringify({ ...envelope, event }));
      next = this.#start;
    }
    for (; next < this.end; next += 1) {
      socket.send(JSON.stringify({ ...envelope, seq: next, event: this.#events[next - 1] }));
    }
    this.#followers.set(socket, next);
  }
}
