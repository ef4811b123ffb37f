import type { EventMessage, KnownEvent } from '../events.ts';
import type { AgentEvent, MessageDelta, ToolCallDelta } from './agent-events.ts';
import type { DeltaMessage } from './delta-message.ts';

/** Channels whose last piece is remembered, as many as a connection has at a time; of more, the one that was silent for longest is forgotten. */
const MAX_CHANNELS = 256;

/** An event that tells a piece of a text and nothing else, so that the next piece can go on with it. */
export type PieceEvent =
  | AgentEvent<'tool_execution_update'>
  | (AgentEvent<'message_update'> & { readonly assistantMessageEvent: MessageDelta | ToolCallDelta });

/** Whether the event is a piece of a text that others can go on with: output that replaces what came before is none. */
export function isPiece(event: KnownEvent): event is PieceEvent {
  if (event.type === 'tool_execution_update') return event.replaces !== true;
  return event.type === 'message_update' && event.assistantMessageEvent.type !== 'toolcall_start';
}

/** What a piece adds to its text. */
export function deltaOf(piece: PieceEvent): string {
  return piece.type === 'tool_execution_update' ? piece.delta : piece.assistantMessageEvent.delta;
}

/** The same piece with another text. */
export function withDelta(piece: PieceEvent, delta: string): PieceEvent {
  return piece.type === 'tool_execution_update'
    ? { ...piece, delta }
    : { ...piece, assistantMessageEvent: { ...piece.assistantMessageEvent, delta } };
}

/** Whether `next` differs from `piece` in what it adds, and in nothing else. */
export function goesOn(piece: PieceEvent, next: PieceEvent): boolean {
  if (piece.type === 'tool_execution_update') {
    return next.type === 'tool_execution_update' && next.toolCallId === piece.toolCallId;
  }
  if (next.type === 'tool_execution_update') return false;
  const { type, contentIndex } = piece.assistantMessageEvent;
  return next.assistantMessageEvent.type === type && next.assistantMessageEvent.contentIndex === contentIndex;
}

/**
 * The texts that grow on the channels of one connection: makes the event that each `delta` stands in for.
 *
 * Give it every event and `delta` of the connection, in order. It keeps one event for each of at most 256 channels; O(1) for each message.
 */
export class GrowingTexts {
  readonly #last = new Map<number, EventMessage>();

  /**
   * The event that a message of the server is or stands in for; `undefined` for a `delta` that goes on with nothing that is known, or not where that
   * ended: its event is missing, as its number says.
   */
  event(message: EventMessage | DeltaMessage): EventMessage | undefined {
    const { channel } = message;
    if (message.type === 'event') {
      if (channel !== undefined) this.#keep(channel, message);
      return message;
    }
    const last = this.#last.get(message.channel);
    if (last?.seq !== message.seq - 1 || !isPiece(last.event)) return undefined;
    const event: EventMessage = { ...last, seq: message.seq, event: withDelta(last.event, message.delta) };
    this.#keep(message.channel, event);
    return event;
  }

  #keep(channel: number, event: EventMessage): void {
    // Behind all others, so that the first is the one that was silent for longest.
    this.#last.delete(channel);
    this.#last.set(channel, event);
    if (this.#last.size > MAX_CHANNELS) this.#last.delete(this.#last.keys().next().value!);
  }
}
