import {
  type AgentEvent,
  type BashEvent,
  type DeltaMessage,
  deltaOf,
  goesOn,
  isPiece,
  type PieceEvent,
  type SessionEventOrigin,
  sessionEvent,
  withDelta,
} from '@sessiond/protocol';

/**
 * Pieces of one text that follow each other in the events of a session: the first is kept as a whole event, of the others only what is new. What is the
 * same in all of them is here, so that each can be told to who has not been given the one before.
 */
export class TextRun {
  readonly #origin: Omit<SessionEventOrigin, 'seq'>;
  readonly #piece: PieceEvent;
  readonly #firstSeq: number;

  private constructor(origin: Omit<SessionEventOrigin, 'seq'>, piece: PieceEvent, firstSeq: number) {
    this.#origin = origin;
    this.#piece = withDelta(piece, '');
    this.#firstSeq = firstSeq;
  }

  /** The run that an event begins; `undefined` if nothing can go on with it. */
  static of(event: AgentEvent | BashEvent, seq: number, origin: Omit<SessionEventOrigin, 'seq'>): TextRun | undefined {
    return isPiece(event) ? new TextRun(origin, event, seq) : undefined;
  }

  /** What is to be kept of the next event, without its channel; `undefined` if it does not go on with the run. */
  next(event: AgentEvent | BashEvent, seq: number, correlationId: string | undefined): string | undefined {
    if (!isPiece(event) || correlationId !== this.#origin.correlationId || !goesOn(this.#piece, event))
      return undefined;
    const message: Omit<DeltaMessage, 'channel'> = { type: 'delta', seq, delta: deltaOf(event) };
    return JSON.stringify(message);
  }

  /** The whole event with a number, of what was kept of it. */
  whole(seq: number, kept: string): string {
    if (seq === this.#firstSeq) return kept;
    const { delta } = JSON.parse(kept) as DeltaMessage;
    return JSON.stringify(sessionEvent({ ...this.#origin, seq }, withDelta(this.#piece, delta)));
  }
}
