import { isAbsolute, join } from 'node:path';
import type { DefaultContext, OptionSpec } from './config-option-spec.ts';

/** Everything the daemon can be told, complete and within range. Meaning and ranges: `OPTIONS`. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly noTcp: boolean;
  readonly stateDir: string;
  readonly socket: string;
  readonly noSocket: boolean;
  readonly auth: 'token' | 'none';
  readonly behindProxy: boolean;
  readonly allowOrigin: readonly string[];
  readonly bufferBytes: number;
  readonly maxPtys: number;
  readonly maxConnections: number;
  readonly maxMessageBytes: number;
  readonly dataCommandsPerMinute: number | null;
  readonly controlCommandsPerMinute: number | null;
  readonly totalCommandsPerMinute: number | null;
  readonly principalSharePercent: number;
  readonly maxInflightCommands: number | null;
  readonly maxInflightPerPrincipal: number | null;
  readonly laneQueueCommands: number;
  readonly laneQueueMs: number;
  readonly inputBytesPerSecond: number | null;
  readonly spawnFailuresPerPrincipal: number | null;
  readonly spawnFailuresTotal: number;
  readonly spawnFailureWindowMs: number;
  readonly spawnPauseMs: number;
  readonly retentionMs: number;
  readonly graceMs: number;
  readonly idleTimeoutMs: number | null;
  readonly drainMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly alertIntervalMs: number;
  readonly alertWebhook: string | null;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** Levels of the log, most important first. */
export const LOG_LEVELS: readonly ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] = Object.freeze([
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
]);

const DAY_MS = 86_400_000;
/** The longest a timer can wait. */
const MAX_TIMER_MS = 2_147_483_647;
/** The most any budget of commands can be. */
const MAX_COMMANDS = 1_000_000;
const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Every option of the daemon. Flags, environment variables, keys of the configuration file, `--help` and
 * `sessiond config` are all read from here.
 *
 * A key `bufferBytes` is the flag `--buffer-bytes`, the variable `SESSIOND_BUFFER_BYTES` and the key `bufferBytes`.
 */
export const OPTIONS: { readonly [K in keyof Config]: OptionSpec } = Object.freeze({
  host: {
    kind: 'text',
    placeholder: 'address',
    default: '127.0.0.1',
    help: 'Address to listen on over TCP.',
  },
  port: {
    kind: 'integer',
    placeholder: 'port',
    min: 0,
    max: 65_535,
    default: 3141,
    help: 'Port to listen on over TCP; 0 takes any free one and logs it.',
  },
  noTcp: { kind: 'flag', default: false, help: 'Do not listen on TCP.' },
  stateDir: {
    kind: 'path',
    placeholder: 'folder',
    default: ({ env, homeDir }) => join(xdg(env, 'XDG_STATE_HOME') ?? join(homeDir, '.local', 'state'), 'sessiond'),
    defaultText: '$XDG_STATE_HOME/sessiond, else ~/.local/state/sessiond',
    help: 'Folder for the token and everything else that outlives the daemon.',
  },
  socket: {
    kind: 'path',
    placeholder: 'path',
    default: ({ env, resolved }) => {
      const runtimeDir = xdg(env, 'XDG_RUNTIME_DIR');
      return runtimeDir === null
        ? join(resolved.stateDir!, 'sessiond.sock')
        : join(runtimeDir, 'sessiond', 'sessiond.sock');
    },
    defaultText: '$XDG_RUNTIME_DIR/sessiond/sessiond.sock, else sessiond.sock in the state folder',
    help: 'Unix socket to listen on.',
  },
  noSocket: { kind: 'flag', default: false, help: 'Do not listen on a Unix socket.' },
  auth: {
    kind: 'choice',
    choices: ['token', 'none'],
    default: 'token',
    help: 'What TCP clients have to show; "none" only works on a loopback address.',
  },
  behindProxy: {
    kind: 'flag',
    default: false,
    help: 'A proxy in front terminates TLS; needed to listen beyond loopback.',
  },
  allowOrigin: {
    kind: 'list',
    placeholder: 'origin',
    default: [],
    help: 'Origin of a web page that may connect, such as https://term.example.com; repeatable.',
  },
  bufferBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 4 * KIB,
    max: 1024 * MIB,
    default: 4 * MIB,
    help: 'Output kept per terminal.',
  },
  maxPtys: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 10_000,
    default: 300,
    help: 'Terminals at the same time.',
  },
  maxConnections: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 100_000,
    default: 1000,
    help: 'Connections at the same time.',
  },
  maxMessageBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 1 * KIB,
    max: 512 * MIB,
    default: 10 * MIB,
    help: 'Largest message a client may send.',
  },
  dataCommandsPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 100,
    help: 'Data commands, such as create_session, that one principal may send per minute and session; those that make a session share one budget.',
  },
  controlCommandsPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 1000,
    help: 'Control commands, which are all others, that one principal may send per minute.',
  },
  totalCommandsPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 10_000,
    help: 'Commands of all principals together per minute.',
  },
  principalSharePercent: {
    kind: 'integer',
    placeholder: 'percent',
    min: 1,
    max: 100,
    default: 50,
    help: 'The most that one principal may take of totalCommandsPerMinute, so that others still get through.',
  },
  maxInflightCommands: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 10_000,
    help: 'Commands of all principals that wait or run at the same time.',
  },
  maxInflightPerPrincipal: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 1000,
    help: 'Commands of one principal that wait or run at the same time.',
  },
  laneQueueCommands: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 100_000,
    default: 100,
    help: 'Data commands of one session that may wait for the one that runs.',
  },
  laneQueueMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 3_600_000,
    default: 30_000,
    help: 'How long a data command may wait for the ones before it; after that it never runs.',
  },
  inputBytesPerSecond: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 64 * KIB,
    max: 1024 * MIB,
    noneWord: 'off',
    default: 16 * MIB,
    help: 'What is read from one connection per second; more waits at the client, nothing is lost.',
  },
  spawnFailuresPerPrincipal: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 10,
    help: 'Programs of one principal that could not be started for want of resources or time, before it may start none for a while; off tries always, for everybody.',
  },
  spawnFailuresTotal: {
    kind: 'integer',
    placeholder: 'count',
    // Below, a single failure would be more than the fifth.
    min: 5,
    max: MAX_COMMANDS,
    default: 50,
    help: 'The same for all principals together; one of them counts for at most a fifth.',
  },
  spawnFailureWindowMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1000,
    max: 3_600_000,
    default: 120_000,
    help: 'How long a program that could not be started counts.',
  },
  spawnPauseMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 30_000,
    help: 'How long no program is started after that; longer each time it did not help.',
  },
  retentionMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 30 * DAY_MS,
    default: 3_600_000,
    help: 'How long a finished session stays readable.',
  },
  graceMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 600_000,
    default: 5000,
    help: 'Time between the polite and the forced end of a child.',
  },
  idleTimeoutMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: MAX_TIMER_MS,
    noneWord: 'never',
    default: 300_000,
    help: 'Time without output after which a terminal counts as throttled.',
  },
  drainMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 3_600_000,
    default: 30_000,
    help: 'Time for running work after SIGTERM.',
  },
  heartbeatMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 30_000,
    help: 'Time between two pings on one connection.',
  },
  heartbeatTimeoutMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 50,
    max: 3_600_000,
    default: 10_000,
    help: 'Time a client has to react to a ping; not more than --heartbeat-ms.',
  },
  alertIntervalMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 30_000,
    default: 5000,
    help: 'Time between two looks at the rules for alerts.',
  },
  alertWebhook: {
    kind: 'text',
    placeholder: 'url',
    noneWord: 'off',
    secret: true,
    default: null,
    defaultText: 'off',
    help: 'URL that alerts are posted to as JSON; better in the environment or the file than in a command line, if it is a secret.',
  },
  logLevel: {
    kind: 'choice',
    choices: LOG_LEVELS,
    default: 'info',
    help: 'Least important level that is logged.',
  },
});

/** Every key of the table, in its order. */
export const OPTION_KEYS: readonly (keyof Config)[] = Object.freeze(Object.keys(OPTIONS) as (keyof Config)[]);

/** `bufferBytes` → `--buffer-bytes`. */
export function flagName(key: keyof Config): string {
  return `--${kebab(key)}`;
}

/** `bufferBytes` → `SESSIOND_BUFFER_BYTES`. */
export function environmentName(key: keyof Config): string {
  return `SESSIOND_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

// The XDG rules: a relative path in one of these variables is to be ignored.
function xdg(env: DefaultContext['env'], name: string): string | null {
  const path = env[name];
  return path !== undefined && isAbsolute(path) ? path : null;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
