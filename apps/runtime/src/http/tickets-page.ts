import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TicketData, type TicketRequest, ticketRequestSchema } from '@sessiond/protocol';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Door } from '../auth/door.ts';
import type { TicketOffice } from '../auth/ticket-office.ts';
import type { Page } from './metrics-page.ts';
import { readBody } from './read-body.ts';
import { type Refusal, refuse, respondJson } from './refusal.ts';

/** What the page for tickets needs. */
export interface TicketsPageOptions {
  /** Who may have a ticket is who may connect. */
  readonly door: Pick<Door, 'identify'>;
  readonly office: Pick<TicketOffice, 'issue'>;
  /** A ticket was made. */
  readonly onIssued: (ticket: string) => void;
  readonly audit: Pick<AuditLog, 'record'>;
}

/** More than all scopes and 64 patterns need. */
const MAX_BODY_BYTES = 16 * 1024;

const UNREADABLE: Refusal = Object.freeze({
  code: 'INVALID_MESSAGE',
  message: 'Cannot make a ticket: the body must be empty or {"scopes"?: […], "sessions"?: […]} as JSON',
});

/**
 * Answers `POST /v1/tickets` with `{ticket, expiresInMs}`, for a page that is to open a WebSocket: with nothing in the body a ticket for all that its maker
 * may do, or for less.
 */
export function createTicketsPage({ door, office, onIssued, audit }: TicketsPageOptions): Page {
  return async (request, response) => {
    const identified = await door.identify(request);
    if (!identified.ok) return refuse(response, identified.refusal);
    const wanted = await readWish(request, response);
    if (wanted === undefined) return;
    const { principal, remoteAddress } = identified;
    const issued = office.issue(principal, wanted);
    if (!issued.ok) return refuse(response, issued.fault);
    onIssued(issued.ticket);
    audit.record({ event: 'ticket.created', principalId: principal.id, remoteAddress });
    const { ticket, expiresInMs } = issued;
    respondJson(response, 201, { ticket, expiresInMs } satisfies TicketData);
  };
}

/** `undefined` when it has been answered already, or nobody is there any more. */
async function readWish(request: IncomingMessage, response: ServerResponse): Promise<TicketRequest | undefined> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (!body.ok) {
    if (body.reason === 'too-large') {
      refuse(response, { ...UNREADABLE, code: 'MESSAGE_TOO_LARGE', headers: { connection: 'close' } });
    } else if (body.reason === 'not-text') refuse(response, UNREADABLE);
    return undefined;
  }
  if (body.text.trim() === '') return {};
  const parsed = ticketRequestSchema.safeParse(parseJson(body.text));
  if (parsed.success) return parsed.data;
  refuse(response, UNREADABLE);
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
