import { type AckFrame, decodeFrame, type InputFrame, type ProtocolFault } from '@sessiond/protocol';

/** A frame of a client, or why it is none. */
export type DecodedClientFrame =
  | { readonly ok: true; readonly frame: InputFrame | AckFrame }
  | { readonly ok: false; readonly error: ProtocolFault };

/** Decodes a frame of a kind that clients send; never throws. */
export function decodeClientFrame(bytes: Uint8Array): DecodedClientFrame {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) return decoded;
  const { frame } = decoded;
  if (frame.kind === 'input' || frame.kind === 'ack') return { ok: true, frame };
  const message = `Cannot take the frame: clients send input and ack, not ${frame.kind}`;
  return { ok: false, error: { code: 'INVALID_MESSAGE', message, details: { channel: frame.channel } } };
}
