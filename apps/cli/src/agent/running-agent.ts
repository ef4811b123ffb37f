import { setTimeout as delay } from 'node:timers/promises';
import { type Client, isClientError } from '@sessiond/client';
import type { ExitInfo } from '@sessiond/protocol';
import { UsageError } from '../errors.ts';

/** Somebody else is taking it up: how long until that is looked at again, and how often. */
const LOOK_MS = 250;
const LOOKS = 12;

/** Whether an agent ended because its daemon did, in good order or not: then it can be taken up again. */
export function endedWithDaemon(exit: ExitInfo | undefined): boolean {
  return exit?.reason === 'lost' || exit?.reason === 'shutdown';
}

/**
 * Has an agent that ended with an earlier run of the daemon taken up again where it was; one that runs, or is over for good, is left alone.
 *
 * @returns whether it was taken up. @throws UsageError for a terminal, and what `load_session` is refused with.
 */
export async function runningAgent(
  client: Pick<Client, 'request'>,
  sessionId: string,
  signal: AbortSignal,
): Promise<boolean> {
  let refusal: unknown;
  for (let looks = 1; ; looks += 1) {
    const state = await client.request('get_state', { sessionId }, { signal });
    if (state.kind !== 'agent') throw new UsageError(`Cannot talk with ${sessionId}: it is a terminal; use attach`);
    if (!endedWithDaemon(state.exit)) return looks > 1;
    // Not because somebody else was first, then.
    if (isClientError(refusal, 'INVALID_STATE') || looks > LOOKS) throw refusal;
    try {
      await client.request('load_session', { sessionId }, { signal });
      return true;
    } catch (error) {
      refusal = error;
      if (isClientError(error, 'SESSION_BUSY')) await delay(LOOK_MS, undefined, { signal }).catch(() => {});
      else if (!isClientError(error, 'INVALID_STATE')) throw error;
      signal.throwIfAborted();
    }
  }
}
