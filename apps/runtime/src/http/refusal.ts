import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorCodes } from '@sessiond/protocol';

/** Why a request is not served: a code for programs and a sentence for people. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The HTTP status, where HTTP knows better than the registry of codes. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sent with every answer: nothing here is to be cached, sniffed, framed, or read by another site's page. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});

/** Answers a request with JSON. The body is left out for HEAD. */
export function respondJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { ...SECURITY_HEADERS, ...jsonHeaders(text), ...headers });
  response.end(text);
}

/** Answers a request with text, with the status 200 unless another is given. The body is left out for HEAD. */
export function respondText(
  response: ServerResponse,
  contentType: string,
  text: string,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): void {
  const own = { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) };
  response.writeHead(status, { ...SECURITY_HEADERS, ...own, ...headers });
  response.end(text);
}

/** Answers a request with a refusal as JSON `{error, code}`. */
export function refuse(response: ServerResponse, { code, message, status, headers }: Refusal): void {
  respondJson(response, status ?? errorCodes[code].httpStatus, { error: message, code }, headers);
}

/** Answers an upgrade with a refusal; the socket is closed once the answer has left. */
export function refuseUpgrade(socket: Duplex, { code, message, headers, ...refusal }: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = refusal.status ?? errorCodes[code].httpStatus;
  const text = `${JSON.stringify({ error: message, code })}\n`;
  const fields = { ...SECURITY_HEADERS, ...jsonHeaders(text), connection: 'close', ...headers };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${text}`, () => socket.destroy());
}

/** The path and query of a request; `null` when the target is something else. */
export function requestUrl(request: IncomingMessage): URL | null {
  const target = request.url ?? '';
  // Only the path and query count here: the authority in a target or a Host header must not decide what the path is.
  return target.startsWith('/') && URL.canParse(`http://host${target}`) ? new URL(`http://host${target}`) : null;
}

function jsonHeaders(text: string): Record<string, string> {
  return { 'content-type': 'application/json; charset=utf-8', 'content-length': String(Buffer.byteLength(text)) };
}
