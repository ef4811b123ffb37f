import { decodeBase64, encodeBase64 } from './base64.ts';
import type { ProtocolFault } from './errors.ts';
import { decodeFrame, type Frame } from './frame.ts';
import type { JsonObject } from './json-object.ts';

/** A byte frame on a transport that carries only lines of text. */
export interface BytesMessage {
  readonly type: 'bytes';
  /** Header and payload as base64. */
  readonly frame: string;
}

/** Wraps an encoded frame for a transport that carries only lines of text. */
export function bytesMessage(frame: Uint8Array): BytesMessage {
  return { type: 'bytes', frame: encodeBase64(frame) };
}

/** What {@link readBytesMessage} found. */
export type ReadBytes =
  | { readonly ok: true; readonly kind: 'frame'; readonly frame: Frame }
  | { readonly ok: false; readonly error: ProtocolFault };

/** Reads the frame of an object whose `type` is `bytes`. */
export function readBytesMessage(object: JsonObject): ReadBytes {
  const { frame } = object;
  const bytes = typeof frame === 'string' ? decodeBase64(frame) : undefined;
  if (bytes === undefined) {
    const message = 'Cannot read bytes: frame must be base64';
    return { ok: false, error: { code: 'INVALID_MESSAGE', message, details: { field: 'frame' } } };
  }
  const decoded = decodeFrame(bytes);
  return decoded.ok ? { ok: true, kind: 'frame', frame: decoded.frame } : decoded;
}
