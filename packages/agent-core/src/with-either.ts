import { setMaxListeners } from 'node:events';

/**
 * Does something with a signal that is aborted when either of the two is, with its reason.
 *
 * `AbortSignal.any` leaves a mark on each of its sources for as long as the source lives, which for one that lives as long as an agent is a leak; this leaves none
 * once `act` is over. Node no longer warns of many listeners on either of the two, whoever adds them.
 */
export async function withEither<T>(
  one: AbortSignal,
  other: AbortSignal,
  act: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  const either = new AbortController();
  const abort = () => either.abort(one.aborted ? one.reason : other.reason);
  if (one.aborted || other.aborted) abort();
  // Many may wait for the same end at a time, and none leaves a listener behind: what Node would warn of is no leak.
  setMaxListeners(0, one, other);
  one.addEventListener('abort', abort, { once: true });
  other.addEventListener('abort', abort, { once: true });
  try {
    return await act(either.signal);
  } finally {
    one.removeEventListener('abort', abort);
    other.removeEventListener('abort', abort);
  }
}
