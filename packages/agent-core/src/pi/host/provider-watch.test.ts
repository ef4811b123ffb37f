import { expect, it } from 'vitest';
import { failureInWords, ProviderWatch } from './provider-watch.ts';

const ADDRESS = 'http://provider.test/v1';

/** A `fetch` that answers as it is told. */
function answering(status: number, headers: Record<string, string> = {}): typeof fetch {
  return async () => new Response('', { status, headers });
}

it.each([
  [{}, {}],
  [{ 'retry-after': '7' }, { retryAfterMs: 7_000 }],
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, { retryAfterMs: 250 }],
  [{ 'retry-after': 'soon' }, {}],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, {}],
])('knows the status of a failure and when to come back: %j', async (headers, known) => {
  const watch = new ProviderWatch();
  const fetch = watch.wrap(answering(429, headers));
  const failure = await watch.run(async (last) => {
    await fetch(`${ADDRESS}/chat`);
    return last(ADDRESS);
  });
  expect(failure).toEqual({ kind: 'http', status: 429, ...known });
});

it('reads a date as the time to come back', async () => {
  const watch = new ProviderWatch();
  const fetch = watch.wrap(answering(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }));
  const failure = await watch.run(async (last) => {
    await fetch(new URL(ADDRESS));
    return last(ADDRESS);
  });
  expect(failure?.retryAfterMs).toBeGreaterThan(50_000);
});

it('tells runs that go on side by side apart, and forgets a failure that was made good', async () => {
  const watch = new ProviderWatch();
  let status = 500;
  const fetch = watch.wrap(async () => new Response('', { status }));
  const [first, second] = await Promise.all([
    watch.run(async (last) => {
      await fetch(ADDRESS);
      status = 200;
      return last(ADDRESS);
    }),
    watch.run(async (last) => {
      await new Promise((resolve) => setImmediate(resolve));
      await fetch(ADDRESS);
      return last(ADDRESS);
    }),
  ]);
  expect(first).toMatchObject({ status: 500 });
  expect(second).toBeUndefined();
});

it('blames a provider only for requests to it, and nobody for requests outside of a run', async () => {
  const watch = new ProviderWatch();
  const fetch = watch.wrap(answering(404));
  expect((await fetch(ADDRESS)).status).toBe(404);
  const failure = await watch.run(async (last) => {
    await fetch('http://elsewhere.test/page');
    return last(ADDRESS);
  });
  expect(failure).toBeUndefined();
});

it.each([
  [Object.assign(new Error('headers'), { code: 'UND_ERR_HEADERS_TIMEOUT' }), 'silence'],
  [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'network'],
])('knows silence from a connection that fails', async (cause, kind) => {
  const watch = new ProviderWatch();
  const fetch = watch.wrap(async () => {
    throw new TypeError('fetch failed', { cause });
  });
  const failure = await watch.run(async (last) => {
    await expect(fetch(ADDRESS)).rejects.toThrow('fetch failed');
    return last(ADDRESS);
  });
  expect(failure).toEqual({ kind });
});

it('does not blame the provider for a request that was aborted', async () => {
  const watch = new ProviderWatch();
  const fetch = watch.wrap(async (_input, init) => {
    throw init?.signal?.reason;
  });
  const failure = await watch.run(async (last) => {
    await expect(fetch(ADDRESS, { signal: AbortSignal.abort() })).rejects.toThrow();
    return last(ADDRESS);
  });
  expect(failure).toBeUndefined();
});

it.each([
  ['500 the server is ill', { kind: 'http', status: 500 }],
  ['429: {"message":"slower"}', { kind: 'http', status: 429 }],
  ['Error: 503 overloaded', { kind: 'http', status: 503 }],
  ['{"error":{"code":529}}', { kind: 'http', status: 529 }],
  ['Request timed out.', { kind: 'silence' }],
  ['terminated', { kind: 'network' }],
  ['Connection error.', { kind: 'network' }],
  ['The model is not for you', { kind: 'unknown' }],
  ['It has 500 words', { kind: 'unknown' }],
])('reads a failure from the words %s', (words, failure) => {
  expect(failureInWords(words)).toEqual(failure);
});
