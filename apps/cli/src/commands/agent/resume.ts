import type { Client } from '@sessiond/client';
import type { Command } from 'commander';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { UsageError } from '../../errors.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { helpNotes } from '../../help-layout.ts';
import { sessionCalled } from '../../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface ResumeOptions extends CommonOptions {
  readonly backend?: string;
  readonly id?: string;
  readonly name?: string;
  readonly cwd?: string;
}

/** Which conversation is meant, in the fields of `load_session`. */
interface Conversation {
  readonly sessionId?: string;
  readonly sessionPath?: string;
  readonly agentSessionId?: string;
  readonly backend?: string;
}

/** So many conversations are looked through for one by its name. */
const LOOK_AT = 1_000;

const NOTES = `
  sessionctl agent ls --stored                          what there is
  sessionctl agent resume 01K8Z2…                       by what the agent calls it, or its unique beginning
  sessionctl agent resume ~/.pi/agent/sessions/a.jsonl  by its file
  sessionctl agent resume build                         a session of an earlier run of the daemon, where it was`;

/** `agent resume`: takes a conversation up again and prints the id of its session. */
export const resume: CommandFactory = (execute) =>
  command('resume', 'Take up a conversation that was kept, in a new session, and print the id.')
    .argument('<session>', 'session of an earlier run, conversation of --stored, or path of its file')
    .option('--backend <name>', 'kind of agent it is of; default: what is known of it, else pi')
    .option('--id <id>', 'session id; default: that of the earlier run, else one that sorts by time')
    .option('--name <name>', 'name for people; default: the one it had')
    .option('--cwd <folder>', 'working directory; default: the one it had')
    .addHelpText('after', helpNotes(NOTES))
    .action((word: string, _options: unknown, self: Command) =>
      execute((context) => load(word, self.optsWithGlobals<ResumeOptions>(), context)),
    );

function load(word: string, options: ResumeOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client, isLocal }) => {
    const found = await find(client, word, isLocal ? context.resolvePath : (path) => path);
    const sessionId = options.id ?? found.sessionId;
    if (found.sessionPath === undefined && found.agentSessionId === undefined && options.id !== undefined) {
      throw new UsageError('Cannot give it another id: a session of an earlier run is taken up as it was');
    }
    const backend = options.backend ?? found.backend;
    const { sessionPath, agentSessionId } = found;
    const { name, cwd } = options;
    const data = await client.request(
      'load_session',
      {
        ...(sessionId !== undefined && { sessionId }),
        ...(sessionPath !== undefined && { sessionPath }),
        ...(agentSessionId !== undefined && { agentSessionId }),
        ...(backend !== undefined && { agent: { backend } }),
        ...(name !== undefined && { name }),
        ...(cwd !== undefined && { cwd: isLocal ? context.resolvePath(cwd) : cwd }),
      },
      { signal: context.interruption.signal },
    );
    if (options.json === true) await context.output.json(data.session);
    else await context.output.line(data.sessionId);
    return EXIT_CODES.ok;
  });
}

/** A path says what it is; a word is looked for among what is stored, and else is a session of an earlier run. */
async function find(client: Client, word: string, resolvePath: (path: string) => string): Promise<Conversation> {
  if (word.includes('/') || word.endsWith('.jsonl')) return { sessionPath: resolvePath(word) };
  const known = await client.request('list_sessions');
  const session = sessionCalled(known.sessions, word);
  if (session !== undefined) return { sessionId: session.sessionId };
  const { sessions } = await client.request('list_stored_sessions', { limit: LOOK_AT });
  const exact = sessions.filter(({ agentSessionId }) => agentSessionId === word);
  const matching = exact.length > 0 ? exact : sessions.filter(({ agentSessionId }) => agentSessionId.startsWith(word));
  const [match, ...others] = matching;
  if (match === undefined) return { sessionId: word };
  if (others.length > 0) throw new UsageError(`Cannot tell which conversation: ${matching.length} begin with ${word}`);
  const { backend, sessionPath, agentSessionId } = match;
  return { backend, ...(sessionPath === undefined ? { agentSessionId } : { sessionPath }) };
}
