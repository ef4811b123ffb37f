import type { AgentSessionInfo, SessionInfo, StoredSession } from '@sessiond/protocol';
import type { Command } from 'commander';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { wholeNumber } from '../../option-values.ts';
import { printable } from '../../output.ts';
import { stateText } from '../../session-text.ts';
import { table } from '../../table.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface ListOptions extends CommonOptions {
  readonly stored?: boolean;
  readonly backend?: string;
  readonly limit: number;
}

const LIVE_HEADINGS = ['ID', 'NAME', 'STATE', 'AGENT', 'MODEL', 'DIALOGS', 'ATTACHED', 'FOLDER'];
const STORED_HEADINGS = ['CONVERSATION', 'AGENT', 'CHANGED', 'MESSAGES', 'SESSION', 'FOLDER', 'BEGINS'];

/** `agent ls`: the agents that run, or the conversations that were kept. */
export const list: CommandFactory = (execute) =>
  command('ls', 'List the sessions of agents, oldest first, or with --stored the conversations on disk, newest first.')
    .alias('list')
    .option('--stored', 'conversations that can be taken up again')
    .option('--backend <name>', 'only of this kind of agent')
    .option('--limit <n>', 'with --stored: how many at most', wholeNumber, 100)
    .action((_options: unknown, self: Command) =>
      execute((context) => show(self.optsWithGlobals<ListOptions>(), context)),
    );

function show(options: ListOptions, context: Context): Promise<number> {
  const { backend, limit, stored, json } = options;
  const { output, notices } = context;
  return withDaemon(options, context, async ({ client }) => {
    if (stored === true) {
      const filter = { limit, ...(backend !== undefined && { backend }) };
      const { sessions, truncated } = await client.request('list_stored_sessions', filter);
      if (json === true) await output.json(sessions);
      else await output.write(table([STORED_HEADINGS, ...sessions.map(storedRow)]));
      if (truncated) notices.say(`there are more than ${limit}; --limit shows more`);
      return EXIT_CODES.ok;
    }
    const { sessions } = await client.request('list_sessions');
    const agents = sessions.filter(isAgent).filter((session) => backend === undefined || session.backend === backend);
    if (json === true) await output.json(agents);
    else await output.write(table([LIVE_HEADINGS, ...agents.map(liveRow)]));
    return EXIT_CODES.ok;
  });
}

function isAgent(session: SessionInfo): session is AgentSessionInfo {
  return session.kind === 'agent';
}

function liveRow(session: AgentSessionInfo): string[] {
  const { sessionId, name, backend, model, pendingDialogs, attached, cwd } = session;
  const chosen = model === undefined ? '-' : `${model.provider}/${model.id}`;
  const texts = [sessionId, name ?? '-', stateText(session), backend, chosen, `${pendingDialogs}`, `${attached}`, cwd];
  return texts.map(printable);
}

function storedRow(stored: StoredSession): string[] {
  const { agentSessionId, backend, modifiedAt, messageCount, sessionId, cwd, name, firstMessage } = stored;
  const changed = modifiedAt.slice(0, 16).replace('T', ' ');
  const begins = (name ?? firstMessage ?? '-').replace(/\s+/g, ' ');
  const texts = [agentSessionId, backend, changed, `${messageCount ?? '-'}`, sessionId ?? '-', cwd ?? '-', begins];
  return texts.map(printable);
}
