import { randomUUID } from 'node:crypto';
import { type Command, type CommandType, RESERVED_ID_PREFIX } from '@sessiond/protocol';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { Cause } from '../sessions/cause.ts';

/** What is known of a command from the moment it is let in; the same object from the first call to the last. */
export interface CommandFacts extends Cause {
  readonly type: CommandType;
  /** Its id; absent for one that has none. */
  readonly commandId: string | undefined;
  /** Names it in events and logs: its id, else one that the server made. */
  readonly correlationId: string;
  readonly sessionId: string | undefined;
  readonly principalId: string;
  /** The connection it came over; absent for one that came without, over HTTP. */
  readonly connectionId: string | undefined;
}

/** The facts of a command as it came; a correlation id is made for one without an id only when somebody asks for it. */
export class IssuedCommand implements CommandFacts {
  readonly type: CommandType;
  readonly commandId: string | undefined;
  readonly sessionId: string | undefined;
  readonly principalId: string;
  readonly connectionId: string | undefined;
  #correlationId: string | undefined;

  constructor({ type, id, sessionId }: Command, { principal, connectionId }: CommandIssuer) {
    this.type = type;
    this.commandId = id;
    this.sessionId = sessionId;
    this.principalId = principal.id;
    this.connectionId = connectionId;
    this.#correlationId = id;
  }

  get correlationId(): string {
    this.#correlationId ??= `${RESERVED_ID_PREFIX}${randomUUID()}`;
    return this.#correlationId;
  }
}
