import type { ImageContent, MessageContent } from '@sessiond/protocol';
import { isRecord } from './json.ts';

/** Characters of one message that are kept. */
export const MAX_KEPT = 2_097_152;

/** Parts of one message that are kept. */
export const MAX_PARTS = 10_000;

/**
 * A message of the model while it is said: what is kept of it, and the index of the part it is at.
 *
 * Memory: at most 2 MiB of characters in 10,000 parts, arguments of calls included, and its text once more; what goes beyond is counted as a part and not kept.
 */
export class OpenMessage {
  readonly timestamp: string;
  readonly #parts: MessageContent[] = [];
  #kept = 0;
  #index = -1;
  #type: MessageContent['type'] | undefined;
  #text = '';

  constructor(timestamp: string) {
    this.timestamp = timestamp;
  }

  /** What is kept of it. */
  get content(): readonly MessageContent[] {
    return this.#parts;
  }

  /** What it says, without thoughts. */
  get text(): string {
    return this.#text;
  }

  /** Adds text to the part it is at, or begins another part with it. @returns the index of the part. */
  say(type: 'text' | 'thinking', text: string): number {
    if (this.#type !== type) {
      this.#begin(type);
      this.#keep(type === 'text' ? { type, text: '' } : { type, thinking: '' }, 0);
    }
    this.#append(text);
    if (type === 'text') this.#text += text.slice(0, Math.max(0, MAX_KEPT - this.#text.length));
    return this.#index;
  }

  /** Adds a picture. */
  show(image: ImageContent): void {
    this.#begin('image');
    this.#keep(image, image.data.length);
  }

  /** Adds the call of a tool, whose arguments are not known yet. @returns the index of the part. */
  call(id: string, name: string): number {
    this.#begin('toolCall');
    this.#keep({ type: 'toolCall', id, name, arguments: {} }, 0);
    return this.#index;
  }

  /** Notes the arguments of a call. @returns them as JSON; `undefined` when the call is no part of this message. */
  setArguments(id: string, name: string, input: unknown): string | undefined {
    const at = this.#parts.findIndex((part) => part.type === 'toolCall' && part.id === id);
    if (at === -1) return undefined;
    const text = JSON.stringify(input);
    if (this.#kept + text.length <= MAX_KEPT) {
      this.#parts[at] = { type: 'toolCall', id, name, arguments: isRecord(input) ? input : { input } };
      this.#kept += text.length;
    }
    return text;
  }

  #begin(type: MessageContent['type']): void {
    this.#index += 1;
    this.#type = type;
  }

  #keep(part: MessageContent, length: number): void {
    if (this.#parts.length >= MAX_PARTS || this.#kept + length > MAX_KEPT) return;
    this.#parts.push(part);
    this.#kept += length;
  }

  /** Adds text to the last part that is kept, as far as there is room. */
  #append(text: string): void {
    const room = text.slice(0, Math.max(0, MAX_KEPT - this.#kept));
    const last = this.#parts.at(-1);
    if (room === '' || last === undefined) return;
    if (last.type === 'text') this.#parts[this.#parts.length - 1] = { type: 'text', text: last.text + room };
    else if (last.type === 'thinking') {
      this.#parts[this.#parts.length - 1] = { type: 'thinking', thinking: last.thinking + room };
    } else return;
    this.#kept += room.length;
  }
}
