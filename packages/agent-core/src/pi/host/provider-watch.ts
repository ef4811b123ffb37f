import { AsyncLocalStorage } from 'node:async_hooks';
import type { ProviderFailure } from '../../errors.ts';

/** A failure of a request, without whose it was. */
type RequestFailure = Pick<ProviderFailure, 'kind' | 'status' | 'retryAfterMs'>;

interface Watched {
  origin: string;
  failure: RequestFailure;
}

/** Names of errors of undici for a server that says nothing. */
const SILENCE = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;

/**
 * Sees how the requests of each turn end. pi tells a failure of a provider in words only, without the time after which it may be asked again.
 *
 * Wraps a `fetch`, which the libraries of providers use, once; what runs within {@link run} is told apart from everything else. Remembers one failure per run: the
 * last. Costs nothing for what runs outside.
 */
export class ProviderWatch {
  readonly #runs = new AsyncLocalStorage<{ last: Watched | undefined }>();

  /** A `fetch` that does what the given one does, and is watched. */
  wrap(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
    return async (input, init) => {
      const run = this.#runs.getStore();
      if (run === undefined) return fetch(input, init);
      const origin = originOf(input);
      try {
        const response = await fetch(input, init);
        run.last = response.ok
          ? undefined
          : { origin, failure: { kind: 'http', status: response.status, ...retryAfter(response.headers) } };
        return response;
      } catch (error) {
        if (init?.signal?.aborted !== true) run.last = { origin, failure: { kind: kindOf(error) } };
        throw error;
      }
    };
  }

  /** Carries out a turn. `failure` tells how its last request to a provider at that address failed, if it did. */
  run<T>(turn: (failure: (baseUrl: string | undefined) => RequestFailure | undefined) => Promise<T>): Promise<T> {
    const run: { last: Watched | undefined } = { last: undefined };
    return this.#runs.run(run, () =>
      turn((baseUrl) => (run.last?.origin === originOf(baseUrl ?? '') ? run.last.failure : undefined)),
    );
  }
}

/** What is known of a failure from the words of pi: for providers that are not asked through `fetch`, and for answers that broke off. */
export function failureInWords(message: string): RequestFailure {
  const status =
    /^\s*(?:error:?\s*)?(?:http\s*)?([45]\d\d)\b/i.exec(message)?.[1] ??
    /"(?:code|status)"\s*:\s*([45]\d\d)\b/.exec(message)?.[1];
  if (status !== undefined) return { kind: 'http', status: Number(status) };
  if (/timed? ?out|timeout/i.test(message)) return { kind: 'silence' };
  if (/connection error|fetch failed|terminated|socket|network|ECONN|ENOTFOUND|EAI_AGAIN|premature/i.test(message)) {
    return { kind: 'network' };
  }
  return { kind: 'unknown' };
}

function originOf(input: string | URL | Request): string {
  const url = typeof input === 'string' || input instanceof URL ? String(input) : input.url;
  return URL.canParse(url) ? new URL(url).origin : url;
}

function kindOf(error: unknown): RequestFailure['kind'] {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return SILENCE.test(code) ? 'silence' : 'network';
}

/** The two ways in which a server says how long it wants to be left alone. */
function retryAfter(headers: Headers): { retryAfterMs?: number } {
  const inMs = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(inMs) && inMs >= 0) return { retryAfterMs: Math.round(inMs) };
  const text = headers.get('retry-after');
  if (text === null) return {};
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? { retryAfterMs: Math.round(ms) } : {};
}
