import type { IncomingMessage } from 'node:http';
import type { Logger } from '../logger.ts';
import type { AuthProvider, Principal } from './auth-provider.ts';

/** How long a provider may think about one request. */
export const AUTHENTICATION_MS = 5000;

/**
 * Why nobody was let in: the provider refused the `credentials` or whatever they are (`forbidden`), took
 * too long (`timeout`), or failed (`provider`). The last two say nothing about
 * whoever asked.
 */
export type AuthenticationFailure = 'credentials' | 'forbidden' | 'timeout' | 'provider';

/** Who somebody is, or what to tell them, and us, if nobody knows. */
export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly message: string; readonly reason: AuthenticationFailure };

const TOO_SLOW: Authentication = Object.freeze({
  ok: false,
  message: 'Authentication took too long; try again',
  reason: 'timeout',
});
const FAILED: Authentication = Object.freeze({
  ok: false,
  message: 'Authentication is not possible right now; try again',
  reason: 'provider',
});

/** Asks the provider within a time limit. Never rejects: a provider that fails or hangs lets nobody in. */
export async function authenticate(
  provider: AuthProvider,
  request: IncomingMessage,
  logger: Logger,
  limitMs: number = AUTHENTICATION_MS,
): Promise<Authentication> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'too slow'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'too slow');
  });
  try {
    const result = await Promise.race([provider.authenticate(request), limit]);
    if (result === 'too slow') {
      logger.warn({ limitMs }, 'the authentication provider took too long');
      return TOO_SLOW;
    }
    if (!result.ok) {
      const { message, code } = result;
      return { ok: false, message, reason: code === 'FORBIDDEN' ? 'forbidden' : 'credentials' };
    }
    const { principal } = result;
    if (principal === undefined) throw new TypeError('no authentication provider says who it is');
    return { ok: true, principal };
  } catch (error) {
    logger.error({ err: error }, 'the authentication provider failed');
    return FAILED;
  } finally {
    clearTimeout(timer);
  }
}
