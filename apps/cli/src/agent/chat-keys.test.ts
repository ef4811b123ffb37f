import { emitKeypressEvents, type Key } from 'node:readline';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { type ChatKey, ChatKeys } from './chat-keys.ts';

/** What is typed, as readline reads it from a terminal. */
function read(typed: string): ChatKey[] {
  const stdin = new PassThrough();
  const keys = new ChatKeys();
  const meanings: ChatKey[] = [];
  emitKeypressEvents(stdin);
  stdin.on('keypress', (text: string | undefined, key: Key) => {
    const meaning = keys.read(text, key);
    if (meaning !== undefined) meanings.push(meaning);
  });
  stdin.emit('data', Buffer.from(typed));
  return meanings;
}

const insert = (text: string): ChatKey => ({ kind: 'insert', text });
const edit = (action: string): ChatKey => ({ kind: 'edit', action }) as ChatKey;

it.each([
  ['aé', [insert('a'), insert('é')]],
  ['\r', [{ kind: 'submit' }]],
  ['\n', [edit('newline')]],
  ['\x1b\r', [edit('newline')]],
  ['\x03\x04\x07\x0c', [{ kind: 'interrupt' }, { kind: 'endOfInput' }, { kind: 'editor' }, { kind: 'redraw' }]],
  ['\x1b[D\x1b[C\x1b[A\x1b[B', [edit('left'), edit('right'), edit('up'), edit('down')]],
  [
    '\x1bb\x1b[1;5C\x17\x0b\x15\x19',
    ['wordLeft', 'wordRight', 'killWord', 'killToEnd', 'killToStart', 'yank'].map(edit),
  ],
  ['\x7f\x1b[3~\x01\x05', [edit('backspace'), edit('delete'), edit('home'), edit('end')]],
  ['\x1b[5~\x1bOP', []],
])('%j means %j', (typed, meanings) => {
  expect(read(typed)).toEqual(meanings);
});

it('sends nothing and obeys nothing that is pasted', () => {
  const text = read('\x1b[200~one\r\ntwo\x03\tx\x1b[201~\r')
    .map((key) => (key.kind === 'insert' ? key.text : `<${key.kind}>`))
    .join('');
  expect(text).toBe('one\ntwo    x<submit>');
});
