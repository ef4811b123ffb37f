/** How the exchange of one request ended: everything was sent, or the client went away before. */
export type ModelRequestEnd = 'answered' | 'abandoned';

/** What an agent asked of the model server. */
export interface ModelRequest {
  /** `performance.now()` when the request was whole. */
  readonly receivedMs: number;
  readonly model: string;
  /** The text of the last message of a person; empty when there is none. */
  readonly prompt: string;
  /** Pictures in the last message of a person. */
  readonly images: number;
  /** What the tools answered since the last message of a person, in order. */
  readonly toolResults: readonly string[];
  /** Names of the tools that the model may use. */
  readonly tools: readonly string[];
  /** The whole request, as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Settles when the exchange is over; never rejects. */
  readonly closed: Promise<ModelRequestEnd>;
}
