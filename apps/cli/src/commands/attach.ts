import type { Client } from '@sessiond/client';
import { type Command, Option } from 'commander';
import { runChat } from '../agent/chat.ts';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../detach-keys.ts';
import { UsageError } from '../errors.ts';
import { helpNotes } from '../help-layout.ts';
import { runInteractive } from '../interactive-session.ts';
import { position } from '../option-values.ts';
import { runPiped } from '../piped-session.ts';
import { findSession } from '../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface AttachOptions extends CommonOptions {
  readonly from?: number | 'start' | 'now';
  readonly observe?: boolean;
  readonly detachKeys: string;
  readonly eof: boolean;
}

/** What a terminal is shown of the past: enough to scroll back in, too little to wait for. */
const REPLAY_BYTES = 256 * 1024;

const NOTES = `
At a terminal: ctrl-] then d detaches; the program is asked to draw itself again, and questions to the terminal in past
output are left out. Otherwise output comes out byte for byte and stdin is typed into the program's terminal.
Without --from a terminal is shown the last 256 KiB, anything else all output that is still kept. An agent is chatted with.`;

/** `attach`: goes to a session that runs already. */
export const attach: CommandFactory = (execute) =>
  command('attach', 'Go to a session: see its output, type into it.')
    .argument('<session>', 'id, or a name that only one session has')
    .addOption(new Option('--from <position>', 'where to begin: start, now or an offset').argParser(position))
    .option('--observe', 'only watch')
    .option('--detach-keys <keys>', 'keys that detach; empty for none', DEFAULT_DETACH_KEYS)
    .option('--no-eof', 'type nothing at the end of stdin')
    .addHelpText('after', helpNotes(NOTES))
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => goTo(session, self.optsWithGlobals<AttachOptions>(), context)),
    );

function goTo(session: string, options: AttachOptions, context: Context): Promise<number> {
  const detachKeys = parseDetachKeys(options.detachKeys);
  const role = options.observe === true ? 'observer' : 'driver';
  return withDaemon(options, context, async ({ client }) => {
    const { sessionId, kind } = await findSession(client, session);
    if (kind === 'agent') {
      if (context.isInteractive && options.json !== true && role === 'driver') {
        return runChat(context, client, { sessionId, showThinking: false });
      }
      throw new UsageError(
        `Cannot attach to ${sessionId}: it is an agent; use agent prompt, or logs --follow to watch`,
      );
    }
    if (context.isInteractive && options.json !== true) {
      const from = options.from ?? (await recent(client, sessionId));
      return runInteractive(context, client, { sessionId, from, role, detachKeys, redraw: true });
    }
    return runPiped(context, client, {
      sessionId,
      from: options.from ?? 'start',
      role,
      feed: role === 'driver',
      eof: options.eof ? 'ctrl-d' : 'none',
      passSignals: false,
      json: options.json === true,
    });
  });
}

async function recent(client: Client, sessionId: string): Promise<number> {
  const { start, end } = await client.request('get_state', { sessionId });
  return Math.max(start, end - REPLAY_BYTES);
}
