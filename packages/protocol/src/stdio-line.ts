import { decodeBase64, encodeBase64 } from './base64.ts';
import { type ClientMessage, clientMessageFrom, type DecodeOptions, type RefusedMessage } from './client-message.ts';
import type { ProtocolFault } from './errors.ts';
import { decodeFrame, type Frame } from './frame.ts';
import { type JsonObject, parseJsonObject } from './json-object.ts';
import { type DecodedServerMessage, type ServerMessage, serverMessageFrom } from './server-message.ts';

/** A byte frame on a transport that only carries lines of text. */
export interface BytesMessage {
  readonly type: 'bytes';
  /** Header and payload as base64. */
  readonly frame: string;
}

/** A line of a client: a message or a byte frame. */
export type DecodedClientLine =
  | { readonly ok: true; readonly kind: 'message'; readonly message: ClientMessage }
  | { readonly ok: true; readonly kind: 'frame'; readonly frame: Frame }
  | RefusedMessage;

/** A line of a server: a message or a byte frame. */
export type DecodedServerLine =
  | { readonly ok: true; readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly ok: true; readonly kind: 'frame'; readonly frame: Frame }
  | Extract<DecodedServerMessage, { ok: false }>;

/** Wraps an encoded frame for a text transport. */
export function bytesMessage(frame: Uint8Array): BytesMessage {
  return { type: 'bytes', frame: encodeBase64(frame) };
}

/** Reads a line that a client sent over stdio; never throws, whatever the text. */
export function decodeClientLine(line: string, options: DecodeOptions = {}): DecodedClientLine {
  const parsed = parseJsonObject(line);
  if (!parsed.ok) return { ok: false, error: parsed.error };
  if (parsed.object.type === 'bytes') {
    const read = readBytes(parsed.object);
    return read.ok ? read : { ...read, command: 'bytes' };
  }
  const decoded = clientMessageFrom(parsed.object, options);
  return decoded.ok ? { ok: true, kind: 'message', message: decoded.message } : decoded;
}

/** Reads a line that a server sent over stdio; never throws, whatever the text. */
export function decodeServerLine(line: string): DecodedServerLine {
  const parsed = parseJsonObject(line);
  if (!parsed.ok) return { ok: false, error: parsed.error };
  if (parsed.object.type === 'bytes') return readBytes(parsed.object);
  const decoded = serverMessageFrom(parsed.object);
  return decoded.ok ? { ok: true, kind: 'message', message: decoded.message } : decoded;
}

function readBytes(
  object: JsonObject,
):
  | { readonly ok: true; readonly kind: 'frame'; readonly frame: Frame }
  | { readonly ok: false; readonly error: ProtocolFault } {
  const { frame } = object;
  const bytes = typeof frame === 'string' ? decodeBase64(frame) : undefined;
  if (bytes === undefined) {
    const message = 'Cannot read bytes: frame must be base64';
    return { ok: false, error: { code: 'INVALID_MESSAGE', message, details: { field: 'frame' } } };
  }
  const decoded = decodeFrame(bytes);
  return decoded.ok ? { ok: true, kind: 'frame', frame: decoded.frame } : decoded;
}
