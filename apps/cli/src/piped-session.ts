import type { Attachment, Chunk, Client } from '@sessiond/client';
import { isClientError } from '@sessiond/client';
import type { Context } from './context.ts';
import { EXIT_CODES, exitCodeOfChild } from './exit-codes.ts';
import { lostStatusText } from './lost-status.ts';
import { chunkJson, gapText } from './output.ts';
import { followSession } from './session-stream.ts';

/** How a session is used without a terminal. */
export interface PipedOptions {
  readonly sessionId: string;
  readonly from: number | 'start' | 'now';
  readonly role: 'driver' | 'observer';
  /** Types what comes on stdin. */
  readonly feed: boolean;
  /** What to type at the end of stdin: the end-of-file key of a terminal, or nothing. */
  readonly eof: 'ctrl-d' | 'none';
  /** Passes SIGINT and SIGTERM to the program; the second one ends sessionctl itself. */
  readonly passSignals: boolean;
  /** Chunks as lines of JSON instead of their bytes. */
  readonly json: boolean;
}

const END_OF_FILE = 0x04;
const LINE_FEED = 0x0a;

/**
 * Connects a session with stdin and stdout: bytes in, bytes out, gaps as lines on stderr.
 *
 * @returns the exit code: the status of the program, or 0 when the session was left running.
 */
export async function runPiped(context: Context, client: Client, options: PipedOptions): Promise<number> {
  const { output, notices, interruption } = context;
  const { sessionId, from, role, json } = options;
  let failure: unknown;
  const stopTaking = options.passSignals ? passSignals(context, client, sessionId) : () => {};
  const show = async (chunk: Chunk): Promise<void> => {
    if (json) await output.json(chunkJson(chunk));
    else if (chunk.kind === 'bytes') await output.write(chunk.bytes);
    if (chunk.kind === 'gap' && !json) notices.say(gapText(chunk.from, chunk.to));
  };
  const drive = (attachment: Attachment): (() => void) => {
    const fail = (error: unknown): void => {
      failure ??= error;
      void attachment.detach();
    };
    const stopHearing = client.onFault((fault) => {
      // The program has ended; what it did not read is of no use to it.
      if (fault.code !== 'INVALID_STATE') fail(fault);
    });
    const stopFeeding = options.feed ? feed(context, attachment, options.eof, fail) : () => {};
    return () => {
      stopHearing();
      stopFeeding();
    };
  };
  try {
    const end = await followSession(context, client, { sessionId, from, role, show, drive });
    if (failure !== undefined) throw failure;
    interruption.signal.throwIfAborted();
    if (end.kind === 'detached') return EXIT_CODES.ok;
    if (json) await output.json({ type: 'exit', ...(end.exit ?? { exitCode: null, signal: null }) });
    const lost = lostStatusText(end.exit);
    if (lost !== undefined) notices.say(lost);
    return exitCodeOfChild(end.exit);
  } finally {
    stopTaking();
  }
}

/** Types stdin into the session, no faster than the program reads. */
function feed(
  { stdin }: Context,
  attachment: Attachment,
  eof: 'ctrl-d' | 'none',
  fail: (error: unknown) => void,
): () => void {
  let lastByte = LINE_FEED;
  const type = (bytes: Uint8Array): Promise<void> =>
    attachment.write(bytes).catch((error: unknown) => {
      // An ended program takes nothing more, as with any closed pipe.
      if (!isClientError(error, 'ATTACHMENT_STATE') && !isClientError(error, 'INVALID_STATE')) fail(error);
    });
  const onData = (bytes: Buffer): void => {
    lastByte = bytes.at(-1) ?? lastByte;
    stdin.pause();
    void type(bytes).then(() => stdin.resume());
  };
  const onEnd = (): void => {
    if (eof === 'none') return;
    // Within a line the first one only hands the line over; the second one, at the start of nothing, means the end.
    void type(Uint8Array.from(lastByte === LINE_FEED ? [END_OF_FILE] : [END_OF_FILE, END_OF_FILE]));
  };
  stdin.on('data', onData).once('end', onEnd).once('error', onEnd);
  return () => {
    stdin.off('data', onData).off('end', onEnd).pause();
  };
}

function passSignals({ interruption, notices }: Context, client: Client, sessionId: string): () => void {
  const passed = new Set<string>();
  return interruption.take((signal) => {
    if ((signal !== 'SIGINT' && signal !== 'SIGTERM') || passed.has(signal)) return false;
    passed.add(signal);
    client.request('signal', { sessionId, signal }).catch((error: Error) => notices.say(error.message));
    return true;
  });
}
