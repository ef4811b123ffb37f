import { type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { Pty } from '@sessiond/pty-core';
import { untilAborted } from '../execution/until-aborted.ts';
import { RegexScanner } from './regex-scanner.ts';
import { assertSameStream, offsetOf } from './stream-bounds.ts';
import { type Found, TextScanner } from './text-scanner.ts';

type WaitFor = Command<'wait_for'>;
type WaitResult = ResponseDataOf<'wait_for'>;
type Outcome = Omit<WaitResult, 'streamId'>;

const SCAN_BYTES = 64 * 1024;
/** How much one wait looks at before others get their turn. */
const SCAN_BYTES_PER_TURN = 1024 * 1024;

/**
 * Waits until a PTY's output or exit fulfils a condition.
 * Watching costs the session nothing and counts as delivering nothing.
 * @param streamId names this life of the output; the request may insist on it.
 * @param signal ends the waiting, the watching and any worker at once; its reason is thrown.
 * @throws ProtocolError for a malformed expression or a position that does not exist, and when the output ends before
 * the condition holds, because then it never will.
 */
export async function waitForOutput(
  pty: Pty,
  streamId: string,
  request: WaitFor,
  signal: AbortSignal,
): Promise<WaitResult> {
  signal.throwIfAborted();
  const bounds = { streamId, start: pty.output.start, end: pty.output.end };
  assertSameStream(bounds, request.streamId);
  if (request.exit === true) return { streamId, ...(await exited(pty, signal)) };
  if (request.idleMs !== undefined) return { streamId, ...(await idle(pty, request.idleMs, signal)) };
  const from = offsetOf('wait', request.from ?? 'start', bounds);
  if (request.text === undefined) return { streamId, ...(await regex(pty, request.regex!, from, signal)) };
  const { from: offset, to: endOffset } = await text(pty, request.text, from, signal);
  return { matched: 'text', streamId, offset, endOffset };
}

/** Looks for a text, a bounded piece of the output per turn of the event loop, also in chunks that split it. */
function text(pty: Pty, needle: string, from: number, signal: AbortSignal): Promise<Found> {
  const scanner = new TextScanner(needle);
  return new Promise((resolve, reject) => {
    let continuation: NodeJS.Immediate | undefined;
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', abort);
      clearImmediate(continuation);
      reader.close();
      settle();
    };
    const abort = (): void => finish(() => reject(signal.reason));
    const step = (): void => {
      if (continuation !== undefined) return;
      for (let scanned = 0; scanned < SCAN_BYTES_PER_TURN; scanned += SCAN_BYTES) {
        const chunk = reader.next(SCAN_BYTES);
        if (chunk === undefined) return;
        if (chunk.kind === 'end') {
          finish(() => reject(endedWithoutMatch(pty)));
          return;
        }
        const found = chunk.kind === 'gap' ? scanner.reset() : scanner.scan(chunk.bytes, chunk.offset);
        if (found !== undefined) {
          finish(() => resolve(found));
          return;
        }
      }
      continuation = setImmediate(() => {
        continuation = undefined;
        step();
      });
    };
    const reader = pty.output.openReader(from, step, { passive: true });
    signal.addEventListener('abort', abort, { once: true });
    step();
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

/** The session has stopped: its child has ended, and its output too. */
async function exited(pty: Pty, signal: AbortSignal): Promise<Outcome> {
  const exit = await untilAborted(() => pty.stopped, signal);
  return { matched: 'exit', offset: pty.output.end, endOffset: pty.output.end, exit };
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
