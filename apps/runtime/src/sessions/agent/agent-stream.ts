import { randomUUID } from 'node:crypto';
import { type Clock, DeltaCoalescer, EventLog } from '@sessiond/agent-core';
import { type AgentEvent, type BashEvent, type Command, type ResponseDataOf, sessionEvent } from '@sessiond/protocol';
import type { AttachmentHandlers, EventAttachment } from '../session-host.ts';
import { assertSameStream, offsetOf, type StreamBounds } from '../stream-bounds.ts';
import { TextRun } from './text-run.ts';

const FIRST_EVENT = 1;

/** What the events of a session are kept with. */
export interface AgentStreamOptions {
  readonly sessionId: string;
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** How long pieces of a text are waited for; default that of the process. */
  readonly clock?: Clock | undefined;
  /** Called when a reader is told that it has missed so many events. */
  readonly onGap: (events: number) => void;
  /** Called whenever the last reader has let go. */
  readonly onUnattached: () => void;
}

/**
 * The events of one agent session: numbers them, keeps the last ones as the texts that go over the wire, and lets any number of clients read them, each
 * from its own place. Pieces of a message that come close together are one event, and of those that follow each other only the first is told whole, to
 * each reader that has not been given the one before.
 *
 * What is kept is bounded by `maxEvents` and `maxBytes`; a reader is a number, and costs the same however slow it is.
 */
export class AgentStream {
  /** Names this life of the events; a number means nothing without it. */
  readonly streamId: string = randomUUID();
  readonly #sessionId: string;
  readonly #log: EventLog<TextRun>;
  readonly #pieces: DeltaCoalescer;
  readonly #onGap: (events: number) => void;
  readonly #onUnattached: () => void;
  /** Those that read, with what wakes them up. */
  readonly #readers = new Set<() => void>();
  /** The text that the last event was a piece of. */
  #run: TextRun | undefined;
  /** The command that what happens is the work of. */
  #correlationId: string | undefined;
  #lastAt: string | undefined;
  #ended = false;

  constructor({ sessionId, maxEvents, maxBytes, clock, onGap, onUnattached }: AgentStreamOptions) {
    this.#sessionId = sessionId;
    this.#log = new EventLog({ maxEvents, maxBytes, firstSeq: FIRST_EVENT });
    this.#pieces = new DeltaCoalescer({
      emit: (event) => this.#append(event, this.#correlationId),
      ...(clock !== undefined && { clock }),
    });
    this.#onGap = onGap;
    this.#onUnattached = onUnattached;
  }

  /** Number of the oldest event that is kept. */
  get start(): number {
    return this.#log.start;
  }

  /** The number the next event will have. */
  get end(): number {
    return this.#log.end;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#log.bytes;
  }

  get attached(): number {
    return this.#readers.size;
  }

  /** When the last event came, RFC 3339. */
  get lastAt(): string | undefined {
    return this.#lastAt;
  }

  /** What happens from now on is the work of this command. @returns how to say that it is over. */
  workOf(correlationId: string): () => void {
    this.#pieces.flush();
    this.#correlationId = correlationId;
    return () => {
      if (this.#correlationId !== correlationId) return;
      this.#pieces.flush();
      this.#correlationId = undefined;
    };
  }

  /** Takes what the agent tells. */
  push(event: AgentEvent): void {
    if (!this.#ended) this.#pieces.push(event);
  }

  /** Takes what a command beside the agent tells, after everything before it. @returns its number; 0, which is none, after the last event. */
  add(event: BashEvent, correlationId: string): number {
    if (this.#ended) return 0;
    this.#pieces.flush();
    return this.#append(event, correlationId);
  }

  /** Takes the last event; nothing is taken afterwards. Idempotent. */
  finish(event: AgentEvent<'agent_stopped'>): void {
    if (this.#ended) return;
    this.push(event);
    this.#pieces.flush();
    this.#ended = true;
    for (const wake of [...this.#readers]) wake();
  }

  /**
   * Opens one client's place in the events. The owner closes it.
   * @throws ProtocolError for another life of the events or a number that no event has had.
   */
  attach(
    request: Command<'attach'>,
    about: Pick<ResponseDataOf<'attach'>, 'state' | 'exit'>,
    { onReadable }: AttachmentHandlers,
  ): EventAttachment {
    const bounds: StreamBounds = { streamId: this.streamId, start: this.start, end: this.end };
    assertSameStream(bounds, request.streamId);
    // No event has the number 0, so that nothing is missed there.
    const from = Math.max(FIRST_EVENT, offsetOf('attach', request.from ?? 'start', bounds));
    const wake = (): void => onReadable();
    const stopListening = this.#log.onAppend(wake);
    this.#readers.add(wake);
    let next = from;
    let given: TextRun | undefined;
    return {
      kind: 'events',
      info: { ...bounds, from, ...about, role: request.role ?? 'driver', window: 0 },
      get offset() {
        return next;
      },
      next: () => {
        const entry = this.#log.read(next);
        if (entry === undefined) return this.#ended ? { kind: 'end' } : undefined;
        if (entry.kind === 'gap') {
          next = entry.to;
          given = undefined;
          this.#onGap(entry.to - entry.from);
          return entry;
        }
        const { seq, text, context: run } = entry;
        const isKnown = run === given;
        next = seq + 1;
        given = run;
        if (run === undefined) return { kind: 'event', seq, text };
        return { kind: 'piece', seq, text: isKnown ? text : run.whole(seq, text) };
      },
      close: () => {
        if (!this.#readers.delete(wake)) return;
        stopListening();
        if (this.#readers.size === 0) this.#onUnattached();
      },
    };
  }

  #append(event: AgentEvent | BashEvent, correlationId: string | undefined): number {
    const timestamp = new Date().toISOString();
    this.#lastAt = timestamp;
    const text = this.#run?.next(event, this.end, correlationId);
    if (text !== undefined) return this.#log.append(() => text, this.#run);
    const origin = { sessionId: this.#sessionId, timestamp, correlationId };
    this.#run = TextRun.of(event, this.end, origin);
    return this.#log.append((seq) => JSON.stringify(sessionEvent({ ...origin, seq }, event)), this.#run);
  }
}
