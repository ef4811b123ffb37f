import type { DialogRequest } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { ChatLine } from './chat-line.ts';

const name: DialogRequest = { requestId: 'name', method: 'input', title: 'Name?' };
const text: DialogRequest = { requestId: 'text', method: 'editor', title: 'Text?', prefill: 'a draft' };

it('has a line of its own for each answer, and gives back what was being typed', () => {
  const line = new ChatLine();
  line.insert('half a mess');
  line.ask(name);
  expect([line.asked, line.editor.text]).toEqual([name, '']);
  line.insert('Ada');
  line.ask(name);
  expect(line.editor.text).toBe('Ada');
  line.ask(text);
  expect([line.asked, line.editor.text]).toEqual([text, 'a draft']);
  line.ask(undefined);
  expect([line.asked, line.editor.text]).toEqual([undefined, 'half a mess']);
});

it('takes no Enter for an answer that was meant for the message', () => {
  const line = new ChatLine();
  line.insert('half a mess');
  line.ask(name);
  expect(line.isSurprised).toBe(true);
  line.act('left');
  expect(line.isSurprised).toBe(false);
  line.ask(undefined);
  expect(line.isSurprised).toBe(false);
});

it('is not surprised by a question while nothing was typed', () => {
  const line = new ChatLine();
  line.ask(text);
  expect(line.isSurprised).toBe(false);
});
