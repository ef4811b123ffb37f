import type { KnownEvent } from '@sessiond/protocol';

/**
 * The text of a model out of the events of a turn: exactly what it said, blocks of text that something else stood between apart by an empty
 * line, and a newline at the end. Thinking, tools and what people say are left out. Remembers the end of one line at most.
 */
export class AnswerText {
  #tail = '';
  #block: number | undefined;

  /** What the event adds. */
  push(event: KnownEvent): string {
    if (event.type === 'message_start' || event.type === 'message_end') {
      this.#block = undefined;
      return '';
    }
    if (event.type !== 'message_update' || event.assistantMessageEvent.type !== 'text_delta') return '';
    const { contentIndex, delta } = event.assistantMessageEvent;
    if (delta === '') return '';
    const between = this.#block === contentIndex ? '' : this.#separator();
    this.#block = contentIndex;
    this.#tail = (this.#tail + between + delta).slice(-2);
    return between + delta;
  }

  /** What belongs behind the last piece. */
  end(): string {
    return this.#tail === '' || this.#tail.endsWith('\n') ? '' : '\n';
  }

  #separator(): string {
    if (this.#tail === '' || this.#tail === '\n\n') return '';
    return this.#tail.endsWith('\n') ? '\n' : '\n\n';
  }
}
