import type * as z from 'zod';
import { type Scope, scopes } from './contract.ts';
import { list, object, oneOf, text } from './fields.ts';
import { SESSION_GLOB_PATTERN } from './ids.ts';

/** What a ticket is asked for with, over `POST /v1/tickets`; an empty body asks for all that its maker may do. */
export interface TicketRequest {
  /** At most those of the maker. */
  readonly scopes?: readonly Scope[];
  /** Patterns of session ids, with `*` for any characters: sessions of other ids are not reached, 1 to 64. */
  readonly sessions?: readonly string[];
}

/** A ticket: lets in one WebSocket that offers it as the subprotocol `sessiond.ticket.<ticket>`. */
export interface TicketData {
  readonly ticket: string;
  readonly expiresInMs: number;
}

/** Schema of {@link TicketRequest}. */
export const ticketRequestSchema: z.ZodType<TicketRequest> = object<TicketRequest>(
  {},
  {
    scopes: list(oneOf(Object.keys(scopes) as Scope[]), 32),
    sessions: list(
      text({ max: 128, pattern: SESSION_GLOB_PATTERN, error: 'must be a pattern of session ids, such as ci-*' }),
      64,
    ),
  },
);
