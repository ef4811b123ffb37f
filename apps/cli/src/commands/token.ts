import type { Scope } from '@sessiond/protocol';
import type { TokenEntry } from '@sessiond/token-file';
import { Command, InvalidArgumentError } from 'commander';
import type { Context } from '../context.ts';
import { stateDir } from '../discovery.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { duration } from '../option-values.ts';
import { printable } from '../output.ts';
import { table } from '../table.ts';
import type { CommandFactory } from './command.ts';

/** Every scope there is; the compiler misses none. */
const SCOPES: Readonly<Record<Scope, true>> = {
  'server:read': true,
  'sessions:read': true,
  'sessions:write': true,
  'sessions:create': true,
  'commands:watch': true,
  admin: true,
};

/** What a token may do when nobody says: everything but to watch others and to be one of them. */
const DEFAULT_SCOPES: readonly Scope[] = ['server:read', 'sessions:read', 'sessions:write', 'sessions:create'];

const HEADINGS = ['NAME', 'SCOPES', 'SESSIONS', 'EXPIRES', 'CREATED'];

/** Where the file is, and how to print. */
interface FileOptions {
  readonly tokenFile?: string;
  readonly json?: boolean;
}

interface CreateOptions extends FileOptions {
  readonly scope?: readonly Scope[];
  readonly session?: readonly string[];
  readonly expires?: number;
}

/**
 * `token`: makes, lists and revokes the tokens of a daemon on this machine. Works on its file, so that it also does when the daemon is not
 * running; a daemon that is takes notice by itself.
 */
export const token: CommandFactory = (execute) => {
  const group = new Command('token')
    .description('Make, list and revoke tokens for a daemon on this machine.')
    .helpOption('--help', 'Print this help.')
    .helpCommand('help [command]', 'Print the help of a command.');
  const subcommand = (name: string, description: string): Command =>
    new Command(name)
      .description(description)
      .helpOption('--help', 'Print this help.')
      .option(
        '--token-file <file>',
        'file of the tokens (env: SESSIOND_TOKEN_FILE, default: tokens.json in the state folder)',
      )
      .option('--json', 'print JSON');
  group.addCommand(
    subcommand('create', 'Make a token and print it, once: what is kept is only its digest.')
      .argument('<name>', '1 to 64 letters, digits and _ . @ -')
      .option(
        '--scope <scope>',
        `what it may do, repeatable: ${Object.keys(SCOPES).join(', ')} (default: ${DEFAULT_SCOPES.join(', ')})`,
        scope,
      )
      .option('--session <pattern>', 'sessions it may reach besides its own, such as ci-*; repeatable', pattern)
      .option('--expires <time>', 'how long it lasts: 45m, 12h, 30d, 8w (default: until it is revoked)', duration)
      .action((name: string, _options: unknown, self: Command) =>
        execute((context) => create(name, self.optsWithGlobals<CreateOptions>(), context)),
      ),
  );
  group.addCommand(
    subcommand('list', 'List the tokens, without the tokens.')
      .alias('ls')
      .action((_options: unknown, self: Command) =>
        execute((context) => list(self.optsWithGlobals<FileOptions>(), context)),
      ),
  );
  group.addCommand(
    subcommand('revoke', 'Revoke a token; a daemon that runs ends its connections at once.')
      .argument('<name>')
      .action((name: string, _options: unknown, self: Command) =>
        execute((context) => revoke(name, self.optsWithGlobals<FileOptions>(), context)),
      ),
  );
  return group;
};

async function create(name: string, options: CreateOptions, context: Context): Promise<number> {
  const { scope: chosen = DEFAULT_SCOPES, session, expires, json } = options;
  const now = new Date();
  const expiresAt = expires === undefined ? undefined : new Date(now.getTime() + expires);
  const created = await (await tokenFile()).createToken(
    await filePath(options, context),
    { name, scopes: chosen, sessions: session, expiresAt },
    now,
  );
  if (json === true) await context.output.json({ ...shown(created.entry), token: created.token });
  else await context.output.line(created.token);
  return EXIT_CODES.ok;
}

async function list(options: FileOptions, context: Context): Promise<number> {
  const tokens = (await tokenFile()).readTokenFile(await filePath(options, context));
  if (options.json === true) await context.output.json(tokens.map(shown));
  else await context.output.write(table([HEADINGS, ...tokens.map((entry) => row(entry, new Date()))]));
  return EXIT_CODES.ok;
}

async function revoke(name: string, options: FileOptions, context: Context): Promise<number> {
  const entry = await (await tokenFile()).revokeToken(await filePath(options, context), name);
  if (options.json === true) await context.output.json(shown(entry));
  return EXIT_CODES.ok;
}

/** Loaded only where it is needed: it reads with schemas, which no other command has to wait for. */
const tokenFile = (): Promise<typeof import('@sessiond/token-file')> => import('@sessiond/token-file');

async function filePath(options: FileOptions, context: Context): Promise<string> {
  const named = options.tokenFile ?? (context.env['SESSIOND_TOKEN_FILE'] || undefined);
  return named === undefined ? (await tokenFile()).tokenFilePath(stateDir(context)) : context.resolvePath(named);
}

/** A digest proves nothing to people, and is nobody's business. */
function shown({ digest: _, ...entry }: TokenEntry): Omit<TokenEntry, 'digest'> {
  return entry;
}

function row({ name, scopes: allowed, sessions = [], expiresAt, createdAt }: TokenEntry, now: Date): string[] {
  const isOver = expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
  const expiry = expiresAt === undefined ? 'never' : `${day(expiresAt)}${isOver ? ' (over)' : ''}`;
  return [name, allowed.join(',') || '-', sessions.join(',') || '-', expiry, day(createdAt)].map(printable);
}

function day(time: string): string {
  return new Date(time).toISOString().slice(0, 10);
}

function scope(text: string, before: readonly Scope[] = []): readonly Scope[] {
  if (!Object.hasOwn(SCOPES, text))
    throw new InvalidArgumentError(`It must be one of ${Object.keys(SCOPES).join(', ')}.`);
  return [...before, text as Scope];
}

function pattern(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
