import type { KnownEvent } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { AnswerText } from './answer-text.ts';

function delta(text: string, contentIndex = 0, type: 'text_delta' | 'thinking_delta' = 'text_delta'): KnownEvent {
  return { type: 'message_update', assistantMessageEvent: { type, contentIndex, delta: text } };
}

const END: KnownEvent = { type: 'message_end', role: 'assistant' };

function answer(...events: readonly KnownEvent[]): string {
  const text = new AnswerText();
  return events.map((event) => text.push(event)).join('') + text.end();
}

it('is what the model said, with a newline at the end', () => {
  expect(answer(delta('a'), delta('b\n'), delta('c'))).toBe('ab\nc\n');
  expect(answer(delta('a\n'))).toBe('a\n');
  expect(answer()).toBe('');
});

it('sets blocks apart by one empty line', () => {
  expect(answer(delta('a'), END, delta('b'))).toBe('a\n\nb\n');
  expect(answer(delta('a\n'), END, delta('b'))).toBe('a\n\nb\n');
  expect(answer(delta('a\n\n'), END, delta('b'))).toBe('a\n\nb\n');
  expect(answer(delta('a', 0), delta('b', 2))).toBe('a\n\nb\n');
});

it('leaves out what is thought, called and said by others', () => {
  const called: KnownEvent = { type: 'tool_execution_start', toolCallId: 't', toolName: 'bash' };
  expect(answer(delta('hm', 0, 'thinking_delta'), delta('a', 1), called, delta('b', 1))).toBe('ab\n');
});
