import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { NodeDialOptions } from '@sessiond/client/node';

/** What a daemon, or whatever listens there, answers to a probe. */
export type ProbeAnswer =
  /** Nobody listens at the address. */
  | { readonly kind: 'nobody' }
  /** Somebody does, and does not answer as a daemon would, or not in time. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'answer'; readonly body: Readonly<Record<string, unknown>> };

/** A daemon answers within milliseconds. */
const ANSWER_MS = 2_000;
const MAX_ANSWER_CHARS = 4_096;

/**
 * Asks `/healthz` or `/readyz`, which need no token, at the address of a daemon. Takes at most two seconds, never rejects.
 */
export function probe(address: NodeDialOptions, path: '/healthz' | '/readyz'): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const asking = send(address, path);
    const settle = (answer: ProbeAnswer): void => {
      clearTimeout(deadline);
      asking.destroy();
      resolve(answer);
    };
    const deadline = setTimeout(() => settle({ kind: 'unknown' }), ANSWER_MS);
    asking.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > MAX_ANSWER_CHARS) settle({ kind: 'unknown' });
      });
      response.on('end', () => settle(readAnswer(body)));
      response.on('error', () => settle({ kind: 'unknown' }));
    });
    asking.on('error', ({ code }: NodeJS.ErrnoException) => {
      settle({ kind: code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nobody' : 'unknown' });
    });
    asking.end();
  });
}

function send(address: NodeDialOptions, path: string): ReturnType<typeof plainRequest> {
  if (address.socketPath !== undefined) {
    return plainRequest({ socketPath: address.socketPath, path, agent: false, headers: { host: 'localhost' } });
  }
  const url = new URL(path, address.url.replace(/^ws/, 'http'));
  return (url.protocol === 'https:' ? secureRequest : plainRequest)(url, { agent: false });
}

function readAnswer(text: string): ProbeAnswer {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return { kind: 'answer', body: body as Record<string, unknown> };
  } catch {
    // Something that speaks HTTP and is no daemon.
  }
  return { kind: 'unknown' };
}
