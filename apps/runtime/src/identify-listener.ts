import { request } from 'node:http';
import { type RequestOptions, request as requestOverTls } from 'node:https';
import type { Health } from './probes.ts';

/** Who listens at an address: nobody, a daemon, or something that is none or does not answer. */
export type Listener = { readonly kind: 'nobody' | 'unknown' } | { readonly kind: 'daemon'; readonly pid: number };

/** How long a daemon may take to answer; one that is up answers within a millisecond. */
const ANSWER_MS = 1000;

const MAX_ANSWER_CHARS = 4096;

/** Where to ask. */
export type ProbeTarget = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Asks whoever listens at the address for its `/healthz`; over TCP with TLS, too, if it is not understood without. Never rejects. */
export async function identifyListener(target: ProbeTarget, answerMs: number = ANSWER_MS): Promise<Listener> {
  const listener = await ask(target, request, answerMs);
  // Whose certificate it is does not matter: it is only asked who it is.
  const isUnclear = listener.kind === 'unknown' && 'port' in target;
  return isUnclear ? ask({ ...target, rejectUnauthorized: false }, requestOverTls, answerMs) : listener;
}

function ask(target: RequestOptions, open: typeof requestOverTls, answerMs: number): Promise<Listener> {
  return new Promise((resolve) => {
    const probe = open({ ...target, path: '/healthz', agent: false, headers: { host: 'localhost' } });
    const deadline = setTimeout(() => settle({ kind: 'unknown' }), answerMs);
    const settle = (listener: Listener): void => {
      clearTimeout(deadline);
      probe.destroy();
      resolve(listener);
    };
    probe.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < MAX_ANSWER_CHARS) body += text;
      });
      response.on('end', () => settle(readHealth(body)));
      response.on('error', () => settle({ kind: 'unknown' }));
    });
    probe.on('error', ({ code }: NodeJS.ErrnoException) => {
      settle({ kind: code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nobody' : 'unknown' });
    });
    probe.end();
  });
}

function readHealth(body: string): Listener {
  try {
    const health = JSON.parse(body) as Partial<Health> | null;
    if (health?.status === 'alive' && Number.isSafeInteger(health.pid)) return { kind: 'daemon', pid: health.pid! };
  } catch {
    // Something that speaks HTTP and is no daemon.
  }
  return { kind: 'unknown' };
}
