import { readBytesMessage } from './bytes-message.ts';
import { type ClientMessage, clientMessageFrom, type DecodeOptions, type RefusedMessage } from './client-message.ts';
import type { Frame } from './frame.ts';
import { parseJsonObject } from './json-object.ts';
import { BYTES_COMMAND } from './responses.ts';

/** A line of a client: a message or a byte frame. */
export type DecodedClientLine =
  | { readonly ok: true; readonly kind: 'message'; readonly message: ClientMessage }
  | { readonly ok: true; readonly kind: 'frame'; readonly frame: Frame }
  | RefusedMessage;

/** Reads a line that a client sent over stdio; never throws, whatever the text. */
export function decodeClientLine(line: string, options: DecodeOptions = {}): DecodedClientLine {
  const parsed = parseJsonObject(line);
  if (parsed.ok && parsed.object.type === 'bytes') {
    const read = readBytesMessage(parsed.object);
    return read.ok ? read : { ...read, command: BYTES_COMMAND };
  }
  const decoded = clientMessageFrom(parsed, options);
  return decoded.ok ? { ok: true, kind: 'message', message: decoded.message } : decoded;
}
