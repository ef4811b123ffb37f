import type { Command } from 'commander';
import { runChat } from '../../agent/chat.ts';
import { CHAT_HELP } from '../../agent/slash-command.ts';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { UsageError } from '../../errors.ts';
import { helpNotes } from '../../help-layout.ts';
import { findSessionId } from '../../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface ChatOptions extends CommonOptions {
  readonly showThinking?: boolean;
}

/** `agent chat`: talks with an agent at a terminal. */
export const chat: CommandFactory = (execute) =>
  command('chat', 'Talk with an agent at this terminal; it goes on when you leave.')
    .argument('<session>', 'id, or a name that only one session has')
    .option('--show-thinking', 'show what the model thinks instead of how long it thought')
    .addHelpText('after', helpNotes(`\n${CHAT_HELP}`))
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => talk(session, self.optsWithGlobals<ChatOptions>(), context)),
    );

function talk(session: string, options: ChatOptions, context: Context): Promise<number> {
  if (!context.isInteractive || options.json === true) {
    throw new UsageError('Cannot chat: there is no terminal; use agent prompt');
  }
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    return runChat(context, client, { sessionId, showThinking: options.showThinking === true });
  });
}
