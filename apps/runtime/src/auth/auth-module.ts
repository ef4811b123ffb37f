import type { IncomingMessage } from 'node:http';
import { pathToFileURL } from 'node:url';
import { groupDigits } from '../group-digits.ts';
import { StartupError } from '../startup-error.ts';
import type { AuthProvider, AuthResult, Principal } from './auth-provider.ts';

/** What an authentication module is given. */
export interface AuthModuleOptions {
  /** The folder where the daemon keeps what outlives it. */
  readonly stateDir: string;
  /** Version of the daemon. */
  readonly version: string;
  /** Writes a line into the log of the daemon. */
  readonly log: (message: string) => void;
}

/** What a module for `--auth-module` exports under the name `createAuthProvider`. Called once, before the daemon listens. */
export type CreateAuthProvider = (options: AuthModuleOptions) => AuthProvider | Promise<AuthProvider>;

/**
 * What the id of a principal looks like: what can be printed, without blanks. Those of the daemon itself are not given away: whoever may choose their own
 * name elsewhere must not become the owner by it.
 */
const PRINCIPAL_ID = /^(?!owner$|token:)[\x21-\x7e]{1,128}$/;

/** What a module may take to be loaded and to make its provider. */
const LOAD_MS = 10_000;

/**
 * Loads a provider that somebody else wrote. Rejects with a `StartupError` that names the file and says what it lacks, also when it is not there
 * within ten seconds.
 */
export async function loadAuthModule(
  path: string,
  options: AuthModuleOptions,
  limitMs: number = LOAD_MS,
): Promise<AuthProvider> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const tooSlow = new Error(`it was not ready after ${groupDigits(limitMs)} ms`);
    timer = setTimeout(reject, limitMs, tooSlow);
  });
  try {
    return new CheckedAuth(await Promise.race([createProvider(path, options), limit]));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : 'it throws something that is no Error';
    throw new StartupError('CONFIG_INVALID', `Cannot use the authentication module ${path}: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function createProvider(path: string, options: AuthModuleOptions): Promise<AuthProvider> {
  const { createAuthProvider } = (await import(pathToFileURL(path).href)) as {
    createAuthProvider?: CreateAuthProvider;
  };
  if (typeof createAuthProvider !== 'function') throw new TypeError('it exports no function createAuthProvider');
  const provider = await createAuthProvider(options);
  if (typeof provider?.authenticate !== 'function') throw new TypeError('createAuthProvider returns no provider');
  return provider;
}

/** Believes nothing that code from elsewhere says: what is not a result as it must be is a failure of the provider. */
class CheckedAuth implements AuthProvider {
  readonly #provider: AuthProvider;

  constructor(provider: AuthProvider) {
    this.#provider = provider;
  }

  async authenticate(request: IncomingMessage): Promise<AuthResult> {
    const result: unknown = await this.#provider.authenticate(request);
    if (!isResult(result)) throw new TypeError('the authentication module returned something that is no result');
    return result;
  }

  close(): void {
    this.#provider.close?.();
  }
}

function isResult(value: unknown): value is AuthResult {
  const { ok, principal, message } = (value ?? {}) as Record<string, unknown>;
  if (ok === false) return typeof message === 'string';
  return ok === true && (principal === undefined || isPrincipal(principal));
}

function isPrincipal(value: unknown): value is Principal {
  const { id, scopes, sessions, within, expiresAtMs, revoked } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    PRINCIPAL_ID.test(id) &&
    isTexts(scopes) &&
    (sessions === undefined || isTexts(sessions)) &&
    (within === undefined || isTexts(within)) &&
    (expiresAtMs === undefined || (typeof expiresAtMs === 'number' && !Number.isNaN(expiresAtMs))) &&
    (revoked === undefined || revoked instanceof AbortSignal)
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
