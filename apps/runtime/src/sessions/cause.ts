import { randomUUID } from 'node:crypto';
import { RESERVED_ID_PREFIX } from '@sessiond/protocol';

/** What something happens for; goes with every call that makes something happen, and comes back in its events. */
export interface Cause {
  /** Names the command. */
  readonly correlationId: string;
  /** Who sent it. */
  readonly principalId: string;
}

/** The cause that is this command: its own id, else one that no client can give. */
export function causeOf(principalId: string, { id }: { readonly id?: string | undefined } = {}): Cause {
  return { correlationId: id ?? `${RESERVED_ID_PREFIX}${randomUUID()}`, principalId };
}
