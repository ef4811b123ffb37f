import { Command, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { defaultText } from '../config/option-spec.ts';
import { environmentName, flagName, OPTION_KEYS, OPTIONS } from '../config/options.ts';
import type { RpcSessionFlags } from './rpc-session.ts';

/** What the command line asked for. */
export interface Invocation {
  readonly command: 'serve' | 'stdio' | 'config' | 'check-config';
  /** Values of the flags that were given. */
  readonly flags: Readonly<Partial<Record<keyof Config, unknown>>>;
  /** The file named by `--config`. */
  readonly configFile: string | undefined;
  /** `--json` behind `config` or `check-config`. */
  readonly json: boolean;
  /** `stdio --rpc-session` and what stands behind it. */
  readonly rpcSession?: RpcSessionFlags;
}

/**
 * The command line of `sessiond`; flags come from the option table and stand before or after the command.
 * `run` is called with what was asked for; for `--help` and `--version` it is not.
 */
export function createProgram(version: string, run: (invocation: Invocation) => Promise<void>): Command {
  const program = new Command('sessiond')
    .description('Keeps terminals alive on a server. Without a command it runs in the foreground until SIGTERM.')
    .version(version, '--version', 'Print the version.')
    .helpOption('--help', 'Print this help.')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(sessiond --help lists the options)')
    .exitOverride();
  for (const key of OPTION_KEYS) program.addOption(toOption(key));
  program.option(
    '--config <file>',
    'JSON file with options (env: SESSIOND_CONFIG, default: $XDG_CONFIG_HOME/sessiond/config.json)',
  );
  const invoke = (command: Invocation['command'], json: boolean, rpcSession?: RpcSessionFlags): Promise<void> => {
    const given = program.opts();
    const flags: Partial<Record<keyof Config, unknown>> = {};
    for (const key of OPTION_KEYS) {
      const value = givenValue(key, given);
      if (value !== undefined) flags[key] = value;
    }
    const configFile = given['config'] as string | undefined;
    return run({ command, flags, configFile, json, ...(rpcSession !== undefined && { rpcSession }) });
  };
  program.action(() => invoke('serve', false));
  program
    .command('stdio')
    .description('Serve one client on stdin and stdout instead; ends with it.')
    .option(
      '--rpc-session [id]',
      'Serve an agent session of the daemon that runs, in the dialect of "pi --mode rpc"; a new one unless there is one of that id. It lives on.',
    )
    .option('--backend <name>', 'The kind of agent of a new session.', 'pi')
    .option('--model <provider/id>', "The model of a new session (default: the agent's own).")
    .option('--cwd <folder>', 'The folder a new session works in (default: the current one).')
    .helpOption('--help', 'Print this help.')
    .action(({ rpcSession, backend, model, cwd }: StdioFlags) => {
      const sessionId = rpcSession === true ? '' : rpcSession;
      return invoke('stdio', false, sessionId === undefined ? undefined : { sessionId, backend, model, cwd });
    });
  program
    .command('config')
    .description('Print every option, its value and where it came from.')
    .option('--json', 'Print JSON.')
    .helpOption('--help', 'Print this help.')
    .action(({ json }: { json?: boolean }) => invoke('config', json === true));
  program
    .command('check-config')
    .description('Tell whether a daemon would start like this; creates nothing, exits with 0 or 2.')
    .option('--json', 'Print JSON.')
    .helpOption('--help', 'Print this help.')
    .action(({ json }: { json?: boolean }) => invoke('check-config', json === true));
  return program;
}

/** What commander makes of the flags of `stdio`. */
interface StdioFlags extends Omit<RpcSessionFlags, 'sessionId'> {
  readonly rpcSession?: string | true;
}

function toOption(key: keyof Config): Option {
  const spec = OPTIONS[key];
  const flags =
    spec.kind === 'flag'
      ? flagName(key)
      : `${flagName(key)} <${spec.placeholder ?? (spec.kind === 'choice' ? spec.choices.join('|') : 'value')}>`;
  const option = new Option(flags, `${spec.help} (env: ${environmentName(key)}, default: ${defaultText(spec)})`);
  if (spec.kind !== 'list') return option;
  return option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
}

// commander reads `--no-x` as "x, on unless negated"; for `--no-socket` beside `--socket` both share one attribute.
function givenValue(key: keyof Config, given: Readonly<Record<string, unknown>>): unknown {
  if (OPTIONS[key].kind !== 'flag') return given[key] === false || given[key] === true ? undefined : given[key];
  if (!key.startsWith('no')) return given[key];
  const positive = key.charAt(2).toLowerCase() + key.slice(3);
  return given[positive] === false ? true : undefined;
}
