import { isErrorCode } from '@sessiond/protocol';
import { nonconformity } from '@sessiond/protocol/conformance';
import type { Received } from './peer.ts';

/** Close codes that RFC 6455 lets a server send: its own, and those that it repeats after the client. */
function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) || (code >= 3000 && code <= 4999);
}

/** Answers of HTTP that a client can do something with. A 500 is none: it says that something went wrong inside. */
const STATUSES: ReadonlySet<number> = new Set([
  100, 101, 200, 204, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 417, 422, 426, 429, 431, 501, 503, 505,
]);

/** What is wrong with what a WebSocket has brought; `undefined` if nothing. */
export function wrongMessage({ texts, closeCode, violation }: Received): string | undefined {
  if (violation !== null) return `the server broke the WebSocket protocol: ${violation}`;
  if (closeCode !== null && !isSendable(closeCode)) return `the server closed with ${closeCode}`;
  for (const text of texts) {
    const wrong = nonconformity(text);
    if (wrong !== undefined) return `${wrong}, in ${shown(text)}`;
    if (text.includes('"code":"INTERNAL"')) return `a defect was answered: ${shown(text)}`;
  }
  return undefined;
}

/** What is wrong with an answer of HTTP; `undefined` if nothing, and also if there is none yet. */
export function wrongAnswer({ head, body }: Received): string | undefined {
  if (head === null) return undefined;
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  if (status === undefined || !STATUSES.has(Number(status))) return `the answer begins with ${shown(head)}`;
  if (Number(status) < 400 || !/^content-type: application\/json/im.test(head) || !body.startsWith('{'))
    return undefined;
  try {
    const { code, status: name } = JSON.parse(body) as { readonly code?: unknown; readonly status?: unknown };
    // A probe that says no has a status instead.
    return isErrorCode(code) || typeof name === 'string' ? undefined : `the refusal has no known code: ${shown(body)}`;
  } catch {
    // More than one answer, or not all of it: bodies are not parsed by their length here.
    return undefined;
  }
}

/** How many of the texts answer messages, those to byte frames left out. */
export function answersTo(texts: readonly string[]): number {
  return texts.filter((text) => text.startsWith('{"type":"response"') && !text.includes('"command":"bytes"')).length;
}

/** A text for people: not all of a long one, and nothing that moves a cursor. */
export function shown(text: string): string {
  const short = text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
  return JSON.stringify(short);
}
