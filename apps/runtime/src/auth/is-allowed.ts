import type { Scope } from '@sessiond/protocol';
import type { Principal } from './auth-provider.ts';

/** Whether a principal may do what the scope stands for; `admin` stands for every other one. */
export function isAllowed({ scopes }: Principal, scope: Scope): boolean {
  return scopes.includes('*') || scopes.includes(scope) || scopes.includes('admin');
}
