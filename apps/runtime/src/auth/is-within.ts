import type { Principal } from './auth-provider.ts';
import { matchesSessionPattern } from './session-pattern.ts';

/** Whether the principal may have to do with sessions of this id at all, whoever owns them. */
export function isWithin({ within }: Pick<Principal, 'within'>, sessionId: string): boolean {
  return within === undefined || within.some((pattern) => matchesSessionPattern(pattern, sessionId));
}
