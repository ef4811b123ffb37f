import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorCodes } from '@sessiond/protocol';
import type { Principal } from '../auth/auth-provider.ts';
import { credentialEnds, onCredentialEnd } from '../auth/credential-end.ts';
import type { Door } from '../auth/door.ts';
import type { CommandAnswer } from '../execution/command-answer.ts';
import type { SingleCommand } from '../execution/run-single.ts';
import { groupDigits } from '../group-digits.ts';
import type { ConnectionPlaces } from '../transports/connection-places.ts';
import type { ConnectionRefusal } from '../transports/connection-refusal.ts';
import type { Page } from './metrics-page.ts';
import { readBody } from './read-body.ts';
import { type Refusal, refuse, respondText } from './refusal.ts';
import { whenOver } from './when-over.ts';

/** What the page for single commands needs. */
export interface CommandsPageOptions {
  /** Who may send commands is who may connect. */
  readonly door: Pick<Door, 'identify'>;
  /** Where a request takes a place until its answer has left, as a connection does. */
  readonly places: ConnectionPlaces;
  readonly maxMessageBytes: number;
  readonly run: (command: SingleCommand) => Promise<CommandAnswer>;
  /** Somebody who may send commands was sent away. */
  readonly onTurnedAway: (reason: ConnectionRefusal) => void;
}

const JSON_TYPE = 'application/json';

const RETRY_SECONDS = '1';

const NOT_TEXT: Refusal = Object.freeze({
  code: 'INVALID_MESSAGE',
  message: 'Cannot take the command: its body is no UTF-8 text',
});

/**
 * Answers `POST /v1/commands`: one command as JSON in, its one response out, with the status that belongs to its code and `Retry-After` where the response
 * says when to try again.
 *
 * Only JSON that calls itself so is taken: a form of a web page cannot send that without being asked for permission first. The body is read after it is
 * known who sends it, and never beyond `maxMessageBytes`. A client that does not read its answer keeps its place.
 * Whose credential ends meanwhile gets 401 instead of the answer.
 */
export function createCommandsPage(options: CommandsPageOptions): Page {
  const { door, places, onTurnedAway } = options;
  return async (request, response) => {
    const identified = await door.identify(request);
    if (!identified.ok) return refuse(response, identified.refusal);
    if (!isJson(request)) {
      const message = `Cannot take the command: its content type has to be ${JSON_TYPE}`;
      return refuse(response, { code: 'INVALID_MESSAGE', status: 415, message });
    }
    const place = places.take(identified.principal.id);
    if (!place.ok) {
      onTurnedAway(place.reason);
      const headers = { 'retry-after': RETRY_SECONDS };
      return refuse(response, {
        code: 'CAPACITY_EXCEEDED',
        message: 'Too many connections at once; try later',
        headers,
      });
    }
    const { principal } = identified;
    const gone = new AbortController();
    const stopChecking = onCredentialEnd(principal, (reason) => {
      const refusal: Refusal = { code: 'UNAUTHENTICATED', message: credentialEnds[reason] };
      if (!response.headersSent) refuse(response, { ...refusal, headers: { connection: 'close' } });
    });
    whenOver(request, response, () => {
      stopChecking();
      place.leave();
      gone.abort();
    });
    await answer(request, response, { principal, gone: gone.signal }, options);
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sender: { readonly principal: Principal; readonly gone: AbortSignal },
  { maxMessageBytes, run }: CommandsPageOptions,
): Promise<void> {
  const body = await readBody(request, maxMessageBytes);
  if (response.headersSent) return;
  if (!body.ok) {
    if (body.reason === 'too-large') refuse(response, tooLarge(maxMessageBytes));
    else if (body.reason === 'not-text') refuse(response, NOT_TEXT);
    return;
  }
  const { code, text } = await run({ text: body.text, ...sender });
  if (response.headersSent) return;
  respondText(response, `${JSON_TYPE}; charset=utf-8`, `${text}\n`, {
    status: code === 'OK' ? 200 : errorCodes[code].httpStatus,
    headers: code === 'OK' ? {} : retryHeaders(text),
  });
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json *(;|$)/i.test(headers['content-type'] ?? '');
}

function retryHeaders(failure: string): Record<string, string> {
  const { retryAfterMs } = JSON.parse(failure) as { retryAfterMs?: number };
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
}

function tooLarge(maxMessageBytes: number): Refusal {
  return {
    code: 'MESSAGE_TOO_LARGE',
    message: `Cannot take the command: it is larger than the ${groupDigits(maxMessageBytes)} bytes that are allowed`,
    headers: { connection: 'close' },
  };
}
