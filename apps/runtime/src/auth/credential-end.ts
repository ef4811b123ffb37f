import { setMaxListeners } from 'node:events';
import type { Principal } from './auth-provider.ts';

/** Why a principal is no longer known. */
export type CredentialEnd = 'expired' | 'revoked';

/** What a client is told of it. */
export const credentialEnds: Readonly<Record<CredentialEnd, string>> = Object.freeze({
  expired: 'The credential of this connection has expired; connect again with a valid one',
  revoked: 'The credential of this connection was revoked; connect again with a valid one',
});

/** Why the principal is no longer known; `undefined` while it is. Costs a comparison for those that do not expire. */
export function endOf({ expiresAtMs, revoked }: Principal, now: () => number = Date.now): CredentialEnd | undefined {
  if (revoked?.aborted === true) return 'revoked';
  return expiresAtMs !== undefined && now() >= expiresAtMs ? 'expired' : undefined;
}

/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `onEnd` once when what the principal was let in with expires or is revoked, at once if it is so already.
 * @returns how to stop waiting for that; idempotent.
 */
export function onCredentialEnd(
  { expiresAtMs, revoked }: Principal,
  onEnd: (reason: CredentialEnd) => void,
  now: () => number = Date.now,
): () => void {
  if (expiresAtMs === undefined && revoked === undefined) return nothingToStop;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    revoked?.removeEventListener('abort', onRevoked);
  };
  const end = (reason: CredentialEnd): void => {
    stop();
    onEnd(reason);
  };
  const onRevoked = (): void => end('revoked');
  const wait = (): void => {
    if (expiresAtMs === undefined) return;
    const leftMs = expiresAtMs - now();
    if (leftMs <= 0) end('expired');
    // The wall clock may be set meanwhile, and is asked again then.
    else timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS)).unref();
  };
  if (revoked?.aborted === true) {
    onEnd('revoked');
    return stop;
  }
  if (revoked !== undefined) {
    // One for each connection of the principal is no leak.
    setMaxListeners(0, revoked);
    revoked.addEventListener('abort', onRevoked, { once: true });
  }
  wait();
  return stop;
}

/** One for all connections of principals that stay known. */
function nothingToStop(): void {}
