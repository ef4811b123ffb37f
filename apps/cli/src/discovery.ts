import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { NodeDialOptions } from '@sessiond/client/node';
import { ownTokenPath } from '@sessiond/token-file/own-token';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';

/** The options that say where the daemon is. */
export interface TargetOptions {
  readonly socket?: string | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** Where to try to connect, in order, and whether that is this machine. */
export interface Target {
  readonly addresses: readonly NodeDialOptions[];
  /** Paths of the caller mean something to the daemon. */
  readonly isLocal: boolean;
  /** Nobody said where, so a person may have to be told how to start one. */
  readonly isDefault: boolean;
}

/** What decides where a daemon of this user is. */
export type Surroundings = Pick<Context, 'env' | 'homeDir' | 'cwd'>;

/**
 * Decides where the daemon is: `--socket` or `--url`, else `SESSIOND_SOCKET` or `SESSIOND_URL`, else the sockets where a
 * daemon of this user listens by default.
 *
 * The token for a URL is `--token`, else `SESSIOND_TOKEN`, else, on this machine, what the daemon left in its state folder.
 *
 * @throws UsageError when socket and URL are both given.
 */
export function findTarget(options: TargetOptions, surroundings: Surroundings): Target {
  const { env, cwd } = surroundings;
  const flag = oneAddress(options.socket, options.url, '--socket and --url');
  const variable = oneAddress(env['SESSIOND_SOCKET'], env['SESSIOND_URL'], 'SESSIOND_SOCKET and SESSIOND_URL');
  const { socket, url } = flag ?? variable ?? {};
  if (url !== undefined) {
    const isLocal = isLoopback(url);
    const token = options.token ?? (env['SESSIOND_TOKEN'] || (isLocal ? storedToken(surroundings) : undefined));
    return { addresses: [{ url, token }], isLocal, isDefault: false };
  }
  const paths = socket === undefined ? defaultSockets(surroundings) : [resolve(cwd, socket)];
  return { addresses: paths.map((socketPath) => ({ socketPath })), isLocal: true, isDefault: socket === undefined };
}

/** The sockets of a daemon that was started without options: in the runtime folder, else in the state folder. */
function defaultSockets(surroundings: Surroundings): string[] {
  const runtimeDir = absolute(surroundings.env['XDG_RUNTIME_DIR']);
  const inState = join(stateDir(surroundings), 'sessiond.sock');
  return runtimeDir === undefined ? [inState] : [join(runtimeDir, 'sessiond', 'sessiond.sock'), inState];
}

/** The folder where a daemon that was started without options keeps its token and everything else that outlives it. */
export function stateDir({ env, homeDir, cwd }: Surroundings): string {
  const own = env['SESSIOND_STATE_DIR'];
  if (own !== undefined && own !== '') return resolve(cwd, own);
  return join(absolute(env['XDG_STATE_HOME']) ?? join(homeDir, '.local', 'state'), 'sessiond');
}

/** The token that the daemon left for programs of its user; `undefined` where there is none that can be read. */
export function storedToken(surroundings: Surroundings): string | undefined {
  try {
    return readFileSync(ownTokenPath(stateDir(surroundings)), 'utf8').trim();
  } catch {
    // No daemon of this user has run here, or it is not ours to read: the daemon will say that it wants a token.
    return undefined;
  }
}

function oneAddress(
  socket: string | undefined,
  url: string | undefined,
  names: string,
): { readonly socket?: string; readonly url?: string } | undefined {
  if (socket && url) throw new UsageError(`Cannot use both ${names}: one says where the daemon is`);
  if (socket) return { socket };
  return url ? { url } : undefined;
}

/** The specification of XDG folders tells to ignore relative ones. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

function isLoopback(url: string): boolean {
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
