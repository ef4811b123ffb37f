import type { ModelAnswer } from './model-reply.ts';
import type { ModelRequest } from './model-request.ts';

/** What a request asks, however its interface puts it. */
export type ModelQuestion = Omit<ModelRequest, 'receivedMs' | 'body' | 'closed'>;

/** What an answer is known by. */
export interface ModelAnswerName {
  /** Unlike that of any other answer; calls of tools are named after it. */
  readonly id: string;
  readonly model: string;
}

/** An answer as the data of server-sent events. */
export interface ModelAnswerEvents {
  /** One per token. */
  readonly tokens: readonly string[];
  /** What says why the answer ended, and that it is whole. */
  readonly end: readonly string[];
}

/** How one kind of provider is asked and answers: all of them say the same in other words. */
export interface ModelApi {
  /** Whether a request to this address, a path with its query, is one of this kind. */
  serves(address: string): boolean;
  /** What such a request asks; a sentence when that is not served. Unknown shapes read as empty. */
  read(address: string, body: Readonly<Record<string, unknown>>): ModelQuestion | string;
  /** The events that tell an answer. */
  events(name: ModelAnswerName, answer: ModelAnswer): ModelAnswerEvents;
}
