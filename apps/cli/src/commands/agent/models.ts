import type { AgentModel } from '@sessiond/protocol';
import type { Command } from 'commander';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { printable } from '../../output.ts';
import { findSessionId } from '../../session-name.ts';
import { table } from '../../table.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

const HEADINGS = ['', 'MODEL', 'NAME', 'CONTEXT', 'THINKS', 'PICTURES'];

/** `agent models`: what an agent can use. */
export const models: CommandFactory = (execute) =>
  command('models', 'List the models that an agent can use now; * marks the one it uses.')
    .argument('<session>', 'id, or a name that only one session has')
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => show(session, self.optsWithGlobals<CommonOptions>(), context)),
    );

function show(session: string, options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const { models: available } = await client.request('get_available_models', { sessionId });
    if (options.json === true) {
      await context.output.json(available);
      return EXIT_CODES.ok;
    }
    const state = await client.request('get_state', { sessionId });
    const used = state.kind === 'agent' ? state.model : undefined;
    await context.output.write(table([HEADINGS, ...available.map((model) => row(model, used))]));
    return EXIT_CODES.ok;
  });
}

function row(model: AgentModel, used: AgentModel | undefined): string[] {
  const { provider, id, name, contextWindow, reasoning, images } = model;
  const mark = used?.provider === provider && used.id === id ? '*' : '';
  const window = contextWindow === undefined ? '-' : contextWindow.toLocaleString('en-US');
  return [mark, `${provider}/${id}`, name ?? '-', window, yesNo(reasoning), yesNo(images)].map(printable);
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? '-' : value ? 'yes' : 'no';
}
