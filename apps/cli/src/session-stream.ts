import type { Attachment, AttachOptions, Chunk, Client } from '@sessiond/client';
import type { ExitInfo } from '@sessiond/protocol/client';
import type { Context } from './context.ts';
import { ExitWatch } from './exit-watch.ts';

/** How a session's output is followed. */
export interface StreamOptions extends Pick<AttachOptions, 'from' | 'role'> {
  readonly sessionId: string;
  /** Shows one chunk; the next one comes when it has resolved. */
  readonly show: (chunk: Chunk) => Promise<void>;
  /** Ends with the output that is there when the stream begins. */
  readonly until?: 'now' | undefined;
  /** Begins to drive once attached; what it returns ends that. */
  readonly drive?: (attachment: Attachment) => () => void;
}

/** Why following ended: the output is over, the program has ended, or somebody detached. */
export type StreamEnd =
  | { readonly kind: 'ended'; readonly exit: ExitInfo | undefined }
  | { readonly kind: 'detached'; readonly offset: number };

/**
 * Attaches and shows output until it ends.
 *
 * When the program has ended while background jobs hold its terminal open, everything it wrote itself is still shown,
 * and then that is the end. Losses of the connection are told and survived.
 */
export async function followSession(context: Context, client: Client, options: StreamOptions): Promise<StreamEnd> {
  const { sessionId, show, drive, from, role } = options;
  const watch = new ExitWatch(client, sessionId);
  const stopTelling = tellConnection(context, client);
  let stopDriving = () => {};
  try {
    const attachment = await client.attach(sessionId, { from, role, signal: context.interruption.signal });
    stopDriving = drive?.(attachment) ?? stopDriving;
    let lastOffset = options.until === 'now' ? attachment.info.end : Number.POSITIVE_INFINITY;
    let isOver = false;
    const leaveAtLast = () => {
      if (attachment.offset < lastOffset || isOver) return;
      isOver = true;
      void attachment.detach();
    };
    watch.onHeldOpen(() => {
      void client.request('get_state', { sessionId }).then(
        ({ end }) => {
          lastOffset = end;
          leaveAtLast();
        },
        // Without the connection the resumed stream tells what happened.
        () => {},
      );
    });
    const chunks = attachment[Symbol.asyncIterator]();
    for (;;) {
      const waiting = chunks.next();
      // Asking for the next chunk has moved the offset past the one before.
      leaveAtLast();
      const { done, value } = await waiting;
      if (done === true) break;
      await show(value);
      if (value.kind === 'end') isOver = true;
    }
    if (!isOver) return { kind: 'detached', offset: attachment.offset };
    return { kind: 'ended', exit: await watch.result() };
  } finally {
    stopDriving();
    stopTelling();
    watch.stop();
  }
}

/** Says when the connection is lost and when it is back. */
function tellConnection({ notices }: Context, client: Client): () => void {
  let isAway = false;
  return client.onStateChange(({ status }) => {
    if (status === 'reconnecting' && !isAway) notices.say('connection lost, reconnecting');
    else if (status === 'open' && isAway) notices.say('connected again');
    isAway = status === 'reconnecting';
  });
}
