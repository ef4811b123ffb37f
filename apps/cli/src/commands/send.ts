import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { findSessionId } from '../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface SendOptions extends CommonOptions {
  readonly enter?: boolean;
}

/** Bytes per command: well below what a daemon reads at once, base64 included. */
const PIECE_BYTES = 32_768;

/** `send`: types without looking. */
export const send: CommandFactory = (execute) =>
  command('send', 'Type into a session; done once the daemon has taken all of it.')
    .argument('<session>', 'id, or a name that only one session has')
    .argument('<text...>', 'what to type, words joined by blanks; - types what comes on stdin, byte for byte')
    .option('--enter', 'press Enter at the end')
    .action((session: string, words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => type(session, words, self.optsWithGlobals<SendOptions>(), context)),
    );

function type(session: string, words: readonly string[], options: SendOptions, context: Context): Promise<number> {
  const isStdin = words.length === 1 && words[0] === '-';
  if (isStdin && context.stdin.isTTY) throw new UsageError('Cannot type stdin: it is a terminal; use attach');
  const { signal } = context.interruption;
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    let sent = 0;
    const typePiece = async (bytes: Uint8Array): Promise<void> => {
      const dataBase64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
      sent += (await client.request('input', { sessionId, dataBase64 }, { signal })).bytes;
    };
    const pieces = isStdin ? context.stdin : [Buffer.from(words.join(' '))];
    for await (const bytes of pieces as AsyncIterable<Buffer>) {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) await typePiece(bytes.subarray(at, at + PIECE_BYTES));
    }
    if (options.enter === true) await typePiece(Buffer.from('\r'));
    if (options.json === true) await context.output.json({ sessionId, bytes: sent });
    return EXIT_CODES.ok;
  });
}
