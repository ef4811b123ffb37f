import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { withEither } from './with-either.ts';

const never = () => new AbortController().signal;

it.each([0, 1])('is aborted with signal %d, and its reason', async (which) => {
  const sources = [new AbortController(), new AbortController()] as const;
  const reason = new Error('why');
  const ended = withEither(sources[0].signal, sources[1].signal, async (either) => {
    expect(either.aborted).toBe(false);
    sources[which]!.abort(reason);
    return either.reason;
  });
  expect(await ended).toBe(reason);
});

it('is aborted from the beginning when one of them is', async () => {
  const reason = new Error('why');
  const seen = await withEither(never(), AbortSignal.abort(reason), async (either) => [either.aborted, either.reason]);
  expect(seen).toEqual([true, reason]);
});

it('leaves nothing on its sources, also when what is done fails', async () => {
  const [one, other] = [never(), never()];
  const failed = withEither(one, other, async () => {
    throw new Error('failed');
  });
  await expect(failed).rejects.toThrow('failed');
  expect([one, other].flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
});

it('lets many wait for one signal without a word', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  try {
    const shared = new AbortController();
    const all = Array.from({ length: 20 }, () =>
      withEither(
        shared.signal,
        never(),
        (either) => new Promise((resolve) => either.addEventListener('abort', resolve)),
      ),
    );
    shared.abort();
    await Promise.all(all);
    // A warning comes with the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', onWarning);
  }
  expect(warnings).toEqual([]);
});
