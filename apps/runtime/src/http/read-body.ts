import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** The body of a request as text, or why there is none: too large, no UTF-8, or the client went away. */
export type Body =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: 'too-large' | 'not-text' | 'gone' };

/**
 * Reads the body of a request, at most `maxBytes` of it: one that says it is longer is not read at all, one that turns out to be is thrown away from there
 * on. Never rejects.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    request.resume();
    return Promise.resolve({ ok: false, reason: 'too-large' });
  }
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      resolve({ ok: false, reason: 'too-large' });
    });
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      // Decoded, it would be something else than was sent.
      resolve(isUtf8(body) ? { ok: true, text: body.toString() } : { ok: false, reason: 'not-text' });
    });
    // After the end both say nothing new.
    request.on('error', () => resolve({ ok: false, reason: 'gone' }));
    request.on('close', () => resolve({ ok: false, reason: 'gone' }));
  });
}
