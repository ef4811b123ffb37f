import type { Attachment, Chunk, Client } from '@sessiond/client';
import { isClientError } from '@sessiond/client';
import type { Context } from './context.ts';
import { DetachKeys } from './detach-keys.ts';
import { EXIT_CODES, exitCodeOfChild } from './exit-codes.ts';
import { lostStatusText } from './lost-status.ts';
import { gapText } from './output.ts';
import { Resizer } from './resizer.ts';
import { followSession } from './session-stream.ts';
import { Terminal, windowSize } from './terminal.ts';

/** How a session is used by a person at a terminal. */
export interface InteractiveOptions {
  readonly sessionId: string;
  readonly from: number | 'start' | 'now';
  readonly role: 'driver' | 'observer';
  readonly detachKeys: Uint8Array;
  /** Makes a program that was drawn for another window draw itself again. */
  readonly redraw: boolean;
}

/** Typed bytes that may wait before typing itself has to wait. */
const MAX_TYPED_BYTES = 65_536;

/**
 * Shows a session on the caller's terminal and lets the caller type, until the program ends or the caller detaches.
 *
 * @returns the exit code: the status of the program, or 0 after detaching.
 */
export async function runInteractive(context: Context, client: Client, options: InteractiveOptions): Promise<number> {
  const { output, notices, interruption } = context;
  const { sessionId, from, role } = options;
  const terminal = new Terminal(context);
  const show = async (chunk: Chunk): Promise<void> => {
    if (chunk.kind === 'bytes') await output.write(terminal.screen.push(chunk.bytes, chunk.replay));
    else if (chunk.kind === 'gap') notices.say(gapText(chunk.from, chunk.to));
  };
  const drive = (attachment: Attachment): (() => void) => {
    const stopTyping = typeInto(context, attachment, options);
    if (role === 'observer') return stopTyping;
    const resizer = new Resizer(client, sessionId, windowSize(context));
    const stopResizing = terminal.onResize((window) => resizer.follow(window));
    if (attachment.info.exit === undefined)
      resizer.begin({ cols: attachment.info.cols!, rows: attachment.info.rows! }, options.redraw);
    const stopHearing = client.onFault(() => notices.ring());
    return () => {
      stopTyping();
      stopResizing();
      stopHearing();
      resizer.stop();
    };
  };
  try {
    terminal.enter();
    const end = await followSession(context, client, { sessionId, from, role, show, drive, leaveOnExit: true });
    terminal.restore();
    interruption.signal.throwIfAborted();
    if (end.kind === 'ended') {
      const lost = lostStatusText(end.exit);
      if (lost !== undefined) notices.say(lost);
      return exitCodeOfChild(end.exit);
    }
    notices.say(`detached from ${sessionId}; come back with: sessionctl attach ${sessionId}`);
    return EXIT_CODES.ok;
  } finally {
    terminal.restore();
  }
}

/** Passes keys on until the detach sequence; an observer's keys only detach. */
function typeInto(context: Context, attachment: Attachment, { detachKeys, role }: InteractiveOptions): () => void {
  const { stdin, notices, interruption } = context;
  const keys = new DetachKeys(detachKeys);
  const onData = (bytes: Buffer): void => {
    const { forward, detached } = keys.push(bytes);
    if (forward.length > 0 && role === 'observer') notices.ring();
    else if (forward.length > 0) {
      if (attachment.snapshot().pendingInputBytes > MAX_TYPED_BYTES) stdin.pause();
      attachment.write(forward).then(
        () => stdin.resume(),
        (error: unknown) => {
          stdin.resume();
          // What was typed while nobody could take it is lost, and audibly so.
          if (!isClientError(error, 'ATTACHMENT_STATE')) notices.ring();
        },
      );
    }
    if (detached) void attachment.detach();
  };
  const onEnd = (): void => interruption.raise('SIGHUP');
  stdin.on('data', onData).once('end', onEnd).once('error', onEnd);
  return () => {
    stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
  };
}
