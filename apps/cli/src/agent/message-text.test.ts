import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { messageText } from './message-text.ts';

function piped(...pieces: readonly (string | Uint8Array)[]) {
  const stdin = Readable.from(pieces.map((piece) => Buffer.from(piece as string)));
  return { stdin: Object.assign(stdin, { isTTY: false }) as never };
}

it('is the words, or what comes on stdin less its last line end', async () => {
  expect(await messageText(['which', 'tests  fail'], piped('ignored'))).toBe('which tests  fail');
  expect(await messageText([], piped('one\ntwo\n'))).toBe('one\ntwo');
  const bytes = Buffer.from('é\r\n');
  expect(await messageText(['-'], piped(bytes.subarray(0, 1), bytes.subarray(1)))).toBe('é');
});

it('is neither empty nor too long nor typed at a terminal', async () => {
  await expect(messageText([], piped(' \n'))).rejects.toThrow('the text is empty');
  await expect(messageText(['-'], piped('x'.repeat(1_048_580)))).rejects.toThrow('more than 1,048,576 characters');
  await expect(messageText([], { stdin: { isTTY: true } as never })).rejects.toThrow('use agent chat');
});
