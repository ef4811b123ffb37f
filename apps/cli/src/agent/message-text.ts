import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';

/** The most that can be said at once, as the protocol has it. */
const MAX_CHARS = 1_048_576;

/**
 * What a script says to an agent: the words, or, without any and for `-`, what comes on stdin, less the newline at its end.
 *
 * @throws UsageError when it is empty or too long, and when stdin is a terminal.
 */
export async function messageText(words: readonly string[], { stdin }: Pick<Context, 'stdin'>): Promise<string> {
  const isStdin = words.length === 0 || (words.length === 1 && words[0] === '-');
  if (isStdin && stdin.isTTY) throw new UsageError('Cannot read what to say: stdin is a terminal; use agent chat');
  const text = isStdin ? await readAll(stdin) : words.join(' ');
  if (text.trim() === '') throw new UsageError('Cannot say anything: the text is empty');
  if (text.length > MAX_CHARS) throw tooLong();
  return text;
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of stdin) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_CHARS + 2) throw tooLong();
  }
  return (text + decoder.decode()).replace(/\r?\n$/, '');
}

function tooLong(): UsageError {
  return new UsageError(`Cannot say so much: the text has more than ${MAX_CHARS.toLocaleString('en-US')} characters`);
}
