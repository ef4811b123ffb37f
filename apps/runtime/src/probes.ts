import { request } from 'node:http';

/** What `/healthz` says about a daemon. */
export interface Health {
  readonly status: 'alive';
  readonly pid: number;
  readonly version: string;
  readonly uptimeMs: number;
}

/** What `/readyz` says: whether new work is taken, and if not, why. */
export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  /** Words for machines, such as `draining`; empty when ready. */
  readonly reasons: readonly string[];
}

/** What the two probes report. */
export interface Probes {
  health(): Health;
  readiness(): Readiness;
}

/** Builds the probes. `reasons` is asked at every call and must be cheap. */
export function createProbes(version: string, reasons: () => readonly string[]): Probes {
  const startedAt = performance.now();
  return {
    health: () => ({
      status: 'alive',
      pid: process.pid,
      version,
      uptimeMs: Math.round(performance.now() - startedAt),
    }),
    readiness: () => {
      const found = reasons();
      return { status: found.length === 0 ? 'ready' : 'not-ready', reasons: found };
    },
  };
}

/** Who listens at an address: nobody, a daemon, or something that is none or does not answer. */
export type Listener = { readonly kind: 'nobody' | 'unknown' } | { readonly kind: 'daemon'; readonly pid: number };

/** How long a daemon may take to answer; one that is up answers within a millisecond. */
const ANSWER_MS = 1000;

const MAX_ANSWER_CHARS = 4096;

/** Where to ask. */
export type ProbeTarget = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Asks whoever listens at the address for its `/healthz`. Never rejects. */
export function identifyListener(target: ProbeTarget, answerMs: number = ANSWER_MS): Promise<Listener> {
  return new Promise((resolve) => {
    const probe = request({ ...target, path: '/healthz', agent: false, headers: { host: 'localhost' } });
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
