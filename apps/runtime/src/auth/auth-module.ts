import type { IncomingMessage } from 'node:http';
import { pathToFileURL } from 'node:url';
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

/** What the id of a principal looks like: what can be printed, without blanks. */
const PRINCIPAL_ID = /^[\x21-\x7e]{1,128}$/;

/** Loads a provider that somebody else wrote. Throws a `StartupError` that names the file and says what it lacks. */
export async function loadAuthModule(path: string, options: AuthModuleOptions): Promise<AuthProvider> {
  let provider: AuthProvider;
  try {
    const { createAuthProvider } = (await import(pathToFileURL(path).href)) as {
      createAuthProvider?: CreateAuthProvider;
    };
    if (typeof createAuthProvider !== 'function') throw new TypeError('it exports no function createAuthProvider');
    provider = await createAuthProvider(options);
    if (typeof provider?.authenticate !== 'function') throw new TypeError('createAuthProvider returns no provider');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : 'it throws something that is no Error';
    throw new StartupError('CONFIG_INVALID', `Cannot use the authentication module ${path}: ${reason}`, { cause });
  }
  return new CheckedAuth(provider);
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
    (expiresAtMs === undefined || typeof expiresAtMs === 'number') &&
    (revoked === undefined || revoked instanceof AbortSignal)
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
