import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { isTokenFileError, readTokenFile } from '@sessiond/token-file';
import type { Config, ResolvedConfig } from '../config/config.ts';
import { resolveConfig } from '../config/config.ts';
import { type ConfigFile, readConfigFile } from '../config/config-file.ts';
import { OPTION_KEYS, OPTIONS } from '../config/options.ts';
import { urlHost } from '../http/host-name.ts';
import { listen } from '../http/listen.ts';
import { identifyListener } from '../probes.ts';
import { EXIT_CODES, isStartupError } from '../startup-error.ts';

/** One thing that was looked at, and what was found. */
export interface ConfigFinding {
  /** `problem`: a daemon would not start like this. `note`: it would, and somebody may want to know. */
  readonly status: 'ok' | 'note' | 'problem';
  readonly check: 'options' | 'state-folder' | 'socket' | 'port' | 'file';
  /** One sentence, without the value of any secret. */
  readonly message: string;
}

/** Where the configuration comes from. */
export interface CheckConfigOptions {
  readonly flags: Parameters<typeof resolveConfig>[0]['flags'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configFile: string | undefined;
}

/** Options that name a file which has to be there; the others of this kind are created. */
const FILE_OPTIONS = OPTION_KEYS.filter((key) => OPTIONS[key].kind === 'path' && key.startsWith('tls'));

/**
 * Looks whether a daemon would start with this configuration: its options, whether they are safe together, its folders and files, and whether it could
 * listen. Creates and changes nothing; the port is bound for a moment. Never rejects.
 */
export async function checkConfig({ flags, env, configFile }: CheckConfigOptions): Promise<readonly ConfigFinding[]> {
  let file: ConfigFile | null;
  let resolved: ResolvedConfig;
  try {
    file = readConfigFile(configFile, env);
    resolved = resolveConfig({ flags, env, file });
  } catch (error) {
    if (!isStartupError(error)) throw error;
    return [{ status: 'problem', check: 'options', message: error.message }];
  }
  const { config, origins } = resolved;
  const given = Object.values(origins).filter((origin) => origin !== 'default').length;
  const from = file === null ? 'no configuration file' : `the configuration file ${file.path}`;
  return [
    { status: 'ok', check: 'options', message: `The options are valid: ${given} are set, with ${from}` },
    folderFinding('state-folder', 'state folder', config.stateDir),
    ...fileFindings(config),
    ...tokenFindings(config),
    ...(config.noSocket ? [] : [await socketFinding(config)]),
    ...(config.noTcp ? [] : [await portFinding(config)]),
  ];
}

/** The findings for people: one sentence per line. */
export function findingsText(findings: readonly ConfigFinding[]): string {
  return findings.map(({ status, message }) => `${status.padEnd('problem'.length)}  ${message}\n`).join('');
}

/** The findings for programs. */
export function findingsJson(findings: readonly ConfigFinding[]): string {
  return `${JSON.stringify({ ok: findings.every(isFine), findings }, null, 2)}\n`;
}

/** What the process exits with. */
export function findingsExitCode(findings: readonly ConfigFinding[]): number {
  return findings.every(isFine) ? EXIT_CODES.done : EXIT_CODES.usage;
}

function isFine({ status }: ConfigFinding): boolean {
  return status !== 'problem';
}

/** A folder the daemon keeps to itself. */
function folderFinding(check: ConfigFinding['check'], name: string, path: string): ConfigFinding {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return missingFolder(check, name, path);
  const found = (status: ConfigFinding['status'], message: string): ConfigFinding => ({ status, check, message });
  if (!stats.isDirectory()) return found('problem', `The ${name} ${path} is no folder; name another`);
  if (stats.uid !== process.getuid?.()) return found('problem', `The ${name} ${path} belongs to another user`);
  if ((stats.mode & 0o022) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    return found('problem', `Others may write to the ${name} ${path} (mode ${mode}); run: chmod 700 ${path}`);
  }
  if (!isAccessible(path, constants.W_OK | constants.X_OK)) return found('problem', `The ${name} ${path} is read-only`);
  return found('ok', `The ${name} is ${path}`);
}

function missingFolder(check: ConfigFinding['check'], name: string, path: string): ConfigFinding {
  let parent = dirname(path);
  while (statSync(parent, { throwIfNoEntry: false }) === undefined && parent !== dirname(parent))
    parent = dirname(parent);
  return isAccessible(parent, constants.W_OK | constants.X_OK)
    ? { status: 'note', check, message: `The ${name} ${path} does not exist; it is created at the start` }
    : { status: 'problem', check, message: `The ${name} ${path} cannot be created: ${parent} is read-only` };
}

function fileFindings(config: Config): ConfigFinding[] {
  return FILE_OPTIONS.flatMap((key): ConfigFinding[] => {
    const path = config[key];
    if (typeof path !== 'string') return [];
    return isAccessible(path, constants.R_OK)
      ? [{ status: 'ok', check: 'file', message: `The file of ${key} can be read: ${path}` }]
      : [{ status: 'problem', check: 'file', message: `The file of ${key} cannot be read: ${path}` }];
  });
}

/** The file of named tokens need not exist, but who may read it is everybody who may come in. */
function tokenFindings({ auth, noTcp, tokenFile }: Config): ConfigFinding[] {
  if (noTcp || auth !== 'token') return [];
  try {
    const count = readTokenFile(tokenFile).length;
    return [{ status: 'ok', check: 'file', message: `The file of named tokens has ${count}: ${tokenFile}` }];
  } catch (error) {
    if (!isTokenFileError(error)) throw error;
    return [{ status: 'problem', check: 'file', message: error.message }];
  }
}

async function socketFinding({ socket }: Config): Promise<ConfigFinding> {
  const check = 'socket';
  const stats = lstatSync(socket, { throwIfNoEntry: false });
  if (stats === undefined) {
    const folder = folderFinding(check, 'folder of the socket', dirname(socket));
    return folder.status === 'problem' ? folder : { status: 'ok', check, message: `The socket is free: ${socket}` };
  }
  if (!stats.isSocket()) {
    return {
      status: 'problem',
      check,
      message: `A file that is no socket lies at ${socket}; name another with --socket`,
    };
  }
  const listener = await identifyListener({ socketPath: socket });
  if (listener.kind === 'daemon') {
    const message = `sessiond with pid ${listener.pid} serves the socket ${socket}; a second one would not start`;
    return { status: 'note', check, message };
  }
  return listener.kind === 'nobody'
    ? { status: 'ok', check, message: `The socket ${socket} was left by a daemon that is gone, and is taken over` }
    : {
        status: 'problem',
        check,
        message: `A process holds the socket ${socket} and does not answer; stop it, or name another`,
      };
}

async function portFinding({ host, port }: Config): Promise<ConfigFinding> {
  const check = 'port';
  const address = `${urlHost(host)}:${port}`;
  const server = createServer();
  try {
    await listen(server, { host, port });
    server.close();
    return { status: 'ok', check, message: `The address is free: ${address}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const listener = code === 'EADDRINUSE' ? await identifyListener({ host, port }) : null;
    if (listener?.kind === 'daemon') {
      const message = `sessiond with pid ${listener.pid} listens on ${address}; a second one would not start`;
      return { status: 'note', check, message };
    }
    return { status: 'problem', check, message: `Cannot listen on ${address}: ${code}; choose another with --port` };
  }
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
