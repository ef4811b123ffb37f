import { createHash } from 'node:crypto';
import type { Principal } from './auth-provider.ts';

const DIGITS = 12;

/** Asked about with every command that comes again; made once for each credential. */
const known = new WeakMap<Principal, string>();

/**
 * Names what a principal may do, whoever it is: the same text for the same scopes and patterns, in every run of the server.
 *
 * One principal may come with more at one time than at another, with a ticket for less than its token, or after its token was changed. 12 hexadecimal digits of
 * SHA-256; O(1) for a principal that was asked about before.
 */
export function rightsOf(principal: Principal): string {
  const found = known.get(principal);
  if (found !== undefined) return found;
  const { scopes, sessions = [], within } = principal;
  const text = JSON.stringify([
    [...scopes].sort(),
    [...sessions].sort(),
    within === undefined ? null : [...within].sort(),
  ]);
  const rights = createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
  known.set(principal, rights);
  return rights;
}
