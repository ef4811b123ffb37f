import { readBytesMessage } from './bytes-message.ts';
import type { Frame } from './frame.ts';
import { parseJsonObject } from './json-object.ts';
import { type DecodedServerMessage, type ServerMessage, serverMessageFrom } from './server-message.ts';

/** A line of a server: a message or a byte frame. */
export type DecodedServerLine =
  | { readonly ok: true; readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly ok: true; readonly kind: 'frame'; readonly frame: Frame }
  | Extract<DecodedServerMessage, { ok: false }>;

/** Reads a line that a server sent over stdio; never throws, whatever the text. */
export function decodeServerLine(line: string): DecodedServerLine {
  const parsed = parseJsonObject(line);
  if (parsed.ok && parsed.object.type === 'bytes') return readBytesMessage(parsed.object);
  const decoded = serverMessageFrom(parsed);
  return decoded.ok ? { ok: true, kind: 'message', message: decoded.message } : decoded;
}
