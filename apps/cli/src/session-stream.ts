import type { Attachment, AttachOptions, Chunk, Client } from '@sessiond/client';
import type { ExitInfo } from '@sessiond/protocol/client';
import { tellConnection } from './connection-notices.ts';
import type { Context } from './context.ts';
import { ExitWatch } from './exit-watch.ts';
import { hasSettled } from './held-terminal.ts';

/** How a session's output is followed. */
export interface StreamOptions extends Pick<AttachOptions, 'from' | 'role'> {
  readonly sessionId: string;
  /** Shows one chunk; the next one comes when it has resolved. */
  readonly show: (chunk: Chunk) => Promise<void>;
  /** Ends with the program, even if its background jobs hold the terminal open, so that no end of output comes. */
  readonly leaveOnExit?: boolean;
  /** Ends with the output that is there when the stream begins. */
  readonly until?: 'now' | undefined;
  /** Begins to drive once attached; what it returns ends that. */
  readonly drive?: (attachment: Attachment) => () => void;
}

/** Why following ended: the output is over, the program has ended, or somebody detached. */
export type StreamEnd = { readonly kind: 'ended'; readonly exit: ExitInfo | undefined } | { readonly kind: 'detached' };

/**
 * Attaches and shows output until it ends.
 *
 * Losses of the connection are told and survived.
 */
export async function followSession(context: Context, client: Client, options: StreamOptions): Promise<StreamEnd> {
  const { sessionId, show, drive, from, role } = options;
  const watch = new ExitWatch(client, sessionId);
  const stopTelling = tellConnection(context, client);
  const ending = new AbortController();
  let stopDriving = () => {};
  try {
    const attachment = await client.attach(sessionId, { from, role, signal: context.interruption.signal });
    stopDriving = drive?.(attachment) ?? stopDriving;
    let hasLeft = false;
    if (options.leaveOnExit === true) {
      watch.onExited(async () => {
        hasLeft = await hasSettled(client, attachment, ending.signal);
        if (hasLeft) await attachment.detach();
      });
    }
    const chunks = attachment[Symbol.asyncIterator]();
    for (;;) {
      const waiting = chunks.next();
      // Asking for the next chunk has moved the offset past the one before.
      if (options.until === 'now' && attachment.offset >= attachment.info.end) await attachment.detach();
      const { done, value } = await waiting;
      if (done === true) break;
      await show(value);
    }
    const hasEnded = attachment.snapshot().status === 'ended' || hasLeft;
    return hasEnded ? { kind: 'ended', exit: await watch.result() } : { kind: 'detached' };
  } finally {
    ending.abort();
    stopDriving();
    stopTelling();
    watch.stop();
  }
}
