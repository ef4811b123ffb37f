import { setTimeout as delay } from 'node:timers/promises';
import type { Attachment, Client } from '@sessiond/client';

/** Silence after which nothing of the ended program can still be on its way. */
const SETTLE_MS = 100;
/** More than a terminal holds on its way from a program to the daemon (Linux: 64 KiB and a 4 KiB line buffer). */
const TERMINAL_BYTES = 128 * 1024;

/**
 * Resolves with `true` once everything that an ended program wrote was taken, although background jobs hold its terminal
 * open and may write for ever; with `false` when `signal` says that this interests nobody any more. Never rejects.
 */
export async function hasSettled(client: Client, attachment: Attachment, signal: AbortSignal): Promise<boolean> {
  const endOffset = async (): Promise<number> =>
    (await client.request('get_state', { sessionId: attachment.sessionId }, { signal })).end;
  try {
    let before = await endOffset();
    const lastOffset = before + TERMINAL_BYTES;
    for (;;) {
      await delay(SETTLE_MS, undefined, { signal });
      const now = await endOffset();
      if ((now === before && attachment.offset >= now) || attachment.offset >= lastOffset) return true;
      before = now;
    }
  } catch {
    // The stream has ended, or the connection is lost: then the resumed stream goes on until somebody detaches.
    return false;
  }
}
