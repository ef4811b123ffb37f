import { isAbsolute, join } from 'node:path';

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
  readonly retentionMs: number;
  readonly graceMs: number;
  readonly idleTimeoutMs: number | null;
  readonly drainMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** What a default may depend on: the environment, and options that stand earlier in the table. */
export interface DefaultContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly resolved: Partial<Config>;
}

interface OptionBase<T> {
  /** One line for `--help`. */
  readonly help: string;
  /** The value when nobody says otherwise; a function where it follows from the environment. */
  readonly default: T | ((context: DefaultContext) => T);
  /** What `--help` shows for a default that is a function. */
  readonly defaultText?: string;
  /** The word for the value in `--help`, such as `<port>`. */
  readonly placeholder?: string;
}

/** A whole number within a range; `bytes` also takes `64KiB`, `4MiB`, `1GiB`. */
export interface NumberOption extends OptionBase<number> {
  readonly kind: 'integer' | 'bytes';
  /** Whether the word `never`, in the file also `null`, stands for none; the value is `null` then. */
  readonly orNever?: true;
  readonly min: number;
  readonly max: number;
}

/** A switch, off unless given. */
export interface FlagOption extends OptionBase<boolean> {
  readonly kind: 'flag';
}

/** One word out of a few. */
export interface ChoiceOption extends OptionBase<string> {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}

/** A non-empty text; a `path` is made absolute. */
export interface TextOption extends OptionBase<string> {
  readonly kind: 'text' | 'path';
}

/** Several texts: a repeated flag, a comma-separated variable, an array in the file. */
export interface ListOption extends OptionBase<readonly string[]> {
  readonly kind: 'list';
}

/** One row of the option table. */
export type OptionSpec = NumberOption | FlagOption | ChoiceOption | TextOption | ListOption;

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
    orNever: true,
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

/** The default as a person reads it. */
export function defaultText(spec: OptionSpec): string {
  if (spec.defaultText !== undefined) return spec.defaultText;
  return Array.isArray(spec.default) ? spec.default.join(',') || 'none' : String(spec.default);
}

/** What a value may be, as the end of a sentence. */
export function allowedText(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'integer':
      return `a whole number from ${spec.min.toLocaleString('en')} to ${spec.max.toLocaleString('en')}${spec.orNever ? ', or never' : ''}`;
    case 'bytes':
      return `${spec.min.toLocaleString('en')} to ${spec.max.toLocaleString('en')} bytes, plain or as 64KiB, 4MiB, 1GiB`;
    case 'flag':
      return 'true or false';
    case 'choice':
      return spec.choices.join(', ');
    case 'text':
    case 'path':
      return 'a text that is not empty';
    case 'list':
      return 'texts, separated by commas or in an array';
  }
}

// The XDG rules: a relative path in one of these variables is to be ignored.
function xdg(env: DefaultContext['env'], name: string): string | null {
  const path = env[name];
  return path !== undefined && isAbsolute(path) ? path : null;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
