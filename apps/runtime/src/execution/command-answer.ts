import {
  type CommandType,
  errorFromResponse,
  type FailureResponse,
  failureResponse,
  type ProtocolFault,
  type SuccessResponse,
} from '@sessiond/protocol';
import type { RecordedOutcome } from '../journal/command-journal.ts';
import type { ObservedCode } from './command-observer.ts';

/** What one command is answered with. */
export interface CommandAnswer {
  readonly code: ObservedCode;
  /** The response as it is sent: one JSON object. */
  readonly text: string;
  /** The data of a success that is no replay, for whoever has to act on it. */
  readonly data?: unknown;
}

/** Where every response begins; what follows it in the text of an outcome is the same whatever id it is answered to. */
const HEAD = '{"type":"response",';

/**
 * The text of a success, without an id. Only the data is serialised; what stands around it needs no escaping.
 * @throws TypeError, RangeError when there is no JSON of the data: it is `undefined`, circular, or too large for a string.
 */
export function successText(type: CommandType, data: unknown, sessionVersion: number | undefined): string {
  // Of what JSON has no word for, `undefined` and functions, it makes no text at all.
  const json: string | undefined = JSON.stringify(data);
  if (json === undefined) throw new TypeError(`Cannot write answer to ${type}: there is no JSON of its data`);
  const version = sessionVersion === undefined ? '' : `,"sessionVersion":${sessionVersion}`;
  return `${HEAD}"command":"${type}","success":true,"data":${json}${version}}`;
}

/** The text of a failure, without an id. */
export function failureText(type: CommandType, fault: ProtocolFault): string {
  return JSON.stringify(failureResponse({ type }, fault));
}

/** The outcome that a {@link successText} or {@link failureText} tells. */
export function recordedOf(text: string): RecordedOutcome {
  const response = JSON.parse(text) as SuccessResponse | FailureResponse;
  if (response.success) return { ok: true, data: response.data, sessionVersion: response.sessionVersion };
  return { ok: false, fault: errorFromResponse(response) };
}

/** A text as the answer to the command with this id. Ids need no escaping in JSON. */
export function addressed(text: string, id: string | undefined): string {
  return id === undefined ? text : `${HEAD}"id":"${id}",${text.slice(HEAD.length)}`;
}

/** {@link addressed}, and marked as the outcome of an earlier execution. */
export function replayed(text: string, id: string | undefined): string {
  return `${addressed(text, id).slice(0, -1)},"replayed":true}`;
}
