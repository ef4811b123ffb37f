import { type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { OutputReader, Pty } from '@sessiond/pty-core';
import type { PtySession } from './pty-session.ts';
import { RegexScanner } from './regex-scanner.ts';
import { type Found, TextScanner } from './text-scanner.ts';

type WaitFor = Command<'wait_for'>;
type WaitResult = ResponseDataOf<'wait_for'>;
type Outcome = Omit<WaitResult, 'streamId'>;

const SCAN_BYTES = 64 * 1024;
/** How long an ended child's terminal may stay open before `exit` is answered all the same. */
const OUTPUT_END_MS = 100;

/**
 * Waits until a PTY's output or exit fulfils a condition.
 * Watching costs the session nothing and counts as delivering nothing.
 * @param signal ends the waiting, the watching and any worker at once; its reason is thrown.
 * @throws ProtocolError for a malformed expression or a position that does not exist, and when the output ends before
 * the condition holds, because then it never will.
 */
export async function waitForOutput(session: PtySession, request: WaitFor, signal: AbortSignal): Promise<WaitResult> {
  signal.throwIfAborted();
  session.checkStream(request.streamId);
  const { pty, streamId } = session;
  if (request.exit === true) return { streamId, ...(await exited(pty, signal)) };
  if (request.idleMs !== undefined) return { streamId, ...(await idle(pty, request.idleMs, signal)) };
  const from = session.resolvePosition('wait', request.from ?? 'start');
  if (request.text === undefined) return { streamId, ...(await regex(pty, request.regex!, from, signal)) };
  const { from: offset, to: endOffset } = await text(pty, request.text, from, signal);
  return { matched: 'text', streamId, offset, endOffset };
}

/** Follows the output from a place on, calling `take` for each chunk until it answers or the output ends. */
function follow(
  pty: Pty,
  from: number,
  signal: AbortSignal,
  take: (reader: OutputReader) => Found | 'ended' | undefined,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', abort);
      reader.close();
      settle();
    };
    const abort = (): void => finish(() => reject(signal.reason));
    const step = (): void => {
      const result = take(reader);
      if (result === 'ended') finish(() => reject(endedWithoutMatch(pty)));
      else if (result !== undefined) finish(() => resolve(result));
    };
    const reader = pty.output.openReader(from, step, { passive: true });
    signal.addEventListener('abort', abort, { once: true });
    step();
  });
}

function text(pty: Pty, needle: string, from: number, signal: AbortSignal): Promise<Found> {
  const scanner = new TextScanner(needle);
  return follow(pty, from, signal, (reader) => {
    for (let chunk = reader.next(SCAN_BYTES); chunk !== undefined; chunk = reader.next(SCAN_BYTES)) {
      if (chunk.kind === 'end') return 'ended';
      if (chunk.kind === 'gap') scanner.reset();
      else {
        const found = scanner.scan(chunk.bytes, chunk.offset);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  });
}

/** Pulls the output at the worker's pace; what the ring drops meanwhile is a gap that no match may span. */
async function regex(pty: Pty, source: string, from: number, signal: AbortSignal): Promise<Outcome> {
  const scanner = new RegexScanner(source);
  let wake: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  const reader = pty.output.openReader(from, () => wake(), { passive: true });
  try {
    for (;;) {
      const readable = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const chunk = reader.next(SCAN_BYTES);
      if (chunk?.kind === 'end') throw endedWithoutMatch(pty);
      if (chunk === undefined) await Promise.race([readable, aborted]);
      else if (chunk.kind === 'bytes') {
        const found = await Promise.race([scanner.scan(chunk.bytes, chunk.offset), aborted]);
        if (found !== undefined) return { matched: 'regex', offset: found.from, endOffset: found.to, text: found.text };
      }
    }
  } finally {
    reader.close();
    await scanner.close();
  }
}

/** No output for a while, counted from now or from the last output. */
function idle(pty: Pty, idleMs: number, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      reader.close();
      settle();
    };
    const abort = (): void => finish(() => reject(signal.reason));
    const quiet = (): void =>
      finish(() => resolve({ matched: 'idle', offset: pty.output.end, endOffset: pty.output.end }));
    const timer = setTimeout(quiet, idleMs);
    const reader = pty.output.openReader('end', () => void timer.refresh(), { passive: true });
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** The session has stopped, or its child has ended and background jobs hold the terminal open. */
async function exited(pty: Pty, signal: AbortSignal): Promise<Outcome> {
  if (pty.exit === null) await nextExit(pty, signal);
  let timer: NodeJS.Timeout | undefined;
  const heldOpen = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, OUTPUT_END_MS);
  });
  await Promise.race([pty.stopped, heldOpen]);
  clearTimeout(timer);
  return { matched: 'exit', offset: pty.output.end, endOffset: pty.output.end, exit: pty.exit! };
}

function nextExit(pty: Pty, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      unsubscribe();
      reject(signal.reason);
    };
    const unsubscribe = pty.onEvent(({ type }) => {
      if (type !== 'pty.exited') return;
      unsubscribe();
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

function endedWithoutMatch(pty: Pty): ProtocolError {
  return new ProtocolError(
    'INVALID_STATE',
    `Cannot wait any longer: the output ended at ${pty.output.end} without a match`,
    {
      details: { end: pty.output.end, ...(pty.exit !== null && { exit: pty.exit }) },
    },
  );
}
