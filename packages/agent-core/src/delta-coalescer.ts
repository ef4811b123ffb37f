import type { AgentEvent, MessageDelta, ToolCallDelta } from '@sessiond/protocol';
import { checkedDelay, checkedInteger } from './check-options.ts';
import { type Clock, systemClock } from './clock.ts';

const DEFAULTS = Object.freeze({
  flushBytes: 256,
  maxDelayMs: 150,
});

/** When a {@link DeltaCoalescer} lets go of what it holds. */
export interface DeltaCoalescerOptions {
  /** Takes the events, in order. */
  readonly emit: (event: AgentEvent) => void;
  /** So many bytes of text that wait go out at once; at least 1. Default 256: an envelope of 60 bytes is little beside that. */
  readonly flushBytes?: number;
  /** The longest a piece waits. Default 150. */
  readonly maxDelayMs?: number;
  readonly clock?: Clock;
}

/** A piece of a text that others can be put together with. */
type Piece = AgentEvent<'tool_execution_update'> | MessagePiece;

interface MessagePiece extends AgentEvent<'message_update'> {
  readonly assistantMessageEvent: MessageDelta | ToolCallDelta;
}

/**
 * Puts pieces of one text that come one after the other together, so that a fast reply costs little more on the wire than its text, and a slow one is not held up.
 *
 * Pieces belong together when they are deltas of the same kind with the same index in a message, or output of the same tool. The first piece of a text goes out at
 * once, later ones when `flushBytes` wait or the oldest has waited for `maxDelayMs`. Any other event lets what waits go first: the order is that of arrival, and the
 * sum of the pieces is the same. Output that replaces what a tool said before makes pieces of it that still wait needless.
 *
 * Holds less than `flushBytes` and one piece, and one timer while something waits, which does not keep the process alive.
 */
export class DeltaCoalescer {
  readonly #emit: (event: AgentEvent) => void;
  readonly #flushBytes: number;
  readonly #maxDelayMs: number;
  readonly #clock: Clock;
  /** Names the text that the last piece was of. */
  #text: string | undefined;
  #pending: Piece | undefined;
  #pendingBytes = 0;
  #cancelTimer: () => void = () => {};

  /** @throws InvalidOptionError for an option out of its range. */
  constructor({ emit, flushBytes, maxDelayMs, clock }: DeltaCoalescerOptions) {
    const action = 'create delta coalescer';
    this.#emit = emit;
    this.#flushBytes = checkedInteger(action, 'flushBytes', flushBytes ?? DEFAULTS.flushBytes, 1);
    this.#maxDelayMs = checkedDelay(action, 'maxDelayMs', maxDelayMs ?? DEFAULTS.maxDelayMs);
    this.#clock = clock ?? systemClock;
  }

  /** Takes an event, and lets it go now or together with what follows. */
  push(event: AgentEvent): void {
    if (isPiece(event) && textOf(event) === this.#text) {
      this.#add(event);
      return;
    }
    this.flush();
    this.#text = isPiece(event) ? textOf(event) : undefined;
    this.#emit(event);
  }

  /** Lets go of what waits. */
  flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#cancelTimer();
    this.#pending = undefined;
    this.#pendingBytes = 0;
    this.#emit(pending);
  }

  #add(piece: Piece): void {
    const bytes = Buffer.byteLength(deltaOf(piece));
    if (this.#pending === undefined) {
      this.#cancelTimer = this.#clock.after(this.#maxDelayMs, () => this.flush(), { background: true });
      this.#pending = piece;
      this.#pendingBytes = bytes;
    } else if (replacesAll(piece)) {
      this.#pending = piece;
      this.#pendingBytes = bytes;
    } else {
      this.#pending = withDelta(this.#pending, deltaOf(this.#pending) + deltaOf(piece));
      this.#pendingBytes += bytes;
    }
    if (this.#pendingBytes >= this.#flushBytes) this.flush();
  }
}

function isPiece(event: AgentEvent): event is Piece {
  return (
    event.type === 'tool_execution_update' ||
    (event.type === 'message_update' && event.assistantMessageEvent.type !== 'toolcall_start')
  );
}

function textOf(piece: Piece): string {
  if (piece.type === 'tool_execution_update') return `tool ${piece.toolCallId}`;
  const { type, contentIndex } = piece.assistantMessageEvent;
  return `${type} ${contentIndex}`;
}

function deltaOf(piece: Piece): string {
  return piece.type === 'tool_execution_update' ? piece.delta : piece.assistantMessageEvent.delta;
}

function replacesAll(piece: Piece): boolean {
  return piece.type === 'tool_execution_update' && piece.replaces === true;
}

function withDelta(piece: Piece, delta: string): Piece {
  return piece.type === 'tool_execution_update'
    ? { ...piece, delta }
    : { ...piece, assistantMessageEvent: { ...piece.assistantMessageEvent, delta } };
}
