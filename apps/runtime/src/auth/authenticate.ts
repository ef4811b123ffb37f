import type { IncomingMessage } from 'node:http';
import type { Logger } from '../logger.ts';
import type { AuthProvider, AuthResult } from './auth-provider.ts';

/** How long a provider may think about one request. */
export const AUTHENTICATION_MS = 5000;

const TOO_SLOW: AuthResult = Object.freeze({ ok: false, message: 'Authentication took too long; try again' });
const FAILED: AuthResult = Object.freeze({ ok: false, message: 'Authentication is not possible right now; try again' });

/** Asks the provider within a time limit. Never rejects: a provider that fails or hangs lets nobody in. */
export async function authenticate(
  provider: AuthProvider,
  request: IncomingMessage,
  logger: Logger,
  limitMs: number = AUTHENTICATION_MS,
): Promise<AuthResult> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<AuthResult>((resolve) => {
    timer = setTimeout(resolve, limitMs, TOO_SLOW);
  });
  try {
    return await Promise.race([provider.authenticate(request), limit]);
  } catch (error) {
    logger.error({ err: error }, 'the authentication provider failed');
    return FAILED;
  } finally {
    clearTimeout(timer);
  }
}
