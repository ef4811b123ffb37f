import type { SignalName } from '@sessiond/protocol';
import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { signalName } from '../option-values.ts';
import { findSessionId } from '../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

/** `signal`: a signal for the program of a session. */
export const signal: CommandFactory = (execute) =>
  command('signal', 'Send a signal to the program of a session.')
    .argument('<session>', 'id, or a name that only one session has')
    .argument('<signal>', 'name with or without SIG, or number', signalName)
    .action((session: string, name: SignalName, _options: unknown, self: Command) =>
      execute((context) => deliver(session, name, self.optsWithGlobals<CommonOptions>(), context)),
    );

function deliver(session: string, name: SignalName, options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const data = await client.request('signal', { sessionId, signal: name });
    if (options.json === true) await context.output.json(data);
    return EXIT_CODES.ok;
  });
}
