import type { Command } from 'commander';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { helpNotes } from '../../help-layout.ts';
import { variable } from '../../option-values.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface CreateOptions extends CommonOptions {
  readonly backend?: string;
  readonly model?: string;
  readonly thinking?: string;
  readonly id?: string;
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const NOTES = `
  sessionctl agent new                                  pi, with its own default model
  sessionctl agent new --model anthropic/claude-sonnet-4-5 --thinking high
  sessionctl agent new -- gemini --experimental-acp     any agent that speaks ACP

The agent sees none of the caller's environment except what --env passes on.`;

/** `agent new`: starts an agent and prints the id of its session. */
export const create: CommandFactory = (execute, env) =>
  command('new', 'Start an agent in a new session and print the id.')
    .argument('[command...]', 'of backend acp: program and arguments of the agent')
    .option('--backend <name>', 'kind of agent: pi, acp, …; default: pi, or acp when there is a command')
    .option('--model <model>', 'PROVIDER/ID, or an id that only one provider has')
    .option('--thinking <level>', "how much it thinks, in the agent's own words")
    .option('--cwd <folder>', 'working directory; default: this one, if the daemon is on this machine')
    .option('--id <id>', 'session id; default: one that sorts by time')
    .option('--name <name>', 'name for people')
    .option('--env <name=value>', 'set a variable, or pass one on with its name alone; repeatable', variable(env))
    .passThroughOptions()
    .addHelpText('after', helpNotes(NOTES))
    .action((words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => start(words, self.optsWithGlobals<CreateOptions>(), context)),
    );

function start(words: readonly string[], options: CreateOptions, context: Context): Promise<number> {
  const [program, ...args] = words;
  const { id, name, model, thinking, env } = options;
  return withDaemon(options, context, async ({ client, isLocal }) => {
    const cwd = options.cwd ?? (isLocal ? '.' : undefined);
    const { sessionId, session } = await client.request(
      'create_session',
      {
        kind: 'agent',
        agent: {
          backend: options.backend ?? (program === undefined ? 'pi' : 'acp'),
          ...(model !== undefined && { model }),
          ...(thinking !== undefined && { thinkingLevel: thinking }),
          ...(program !== undefined && { command: program, args }),
        },
        ...(id !== undefined && { sessionId: id }),
        ...(name !== undefined && { name }),
        ...(cwd !== undefined && { cwd: isLocal ? context.resolvePath(cwd) : cwd }),
        ...(env !== undefined && { env }),
      },
      { signal: context.interruption.signal },
    );
    if (options.json === true) await context.output.json(session);
    else await context.output.line(sessionId);
    return EXIT_CODES.ok;
  });
}
