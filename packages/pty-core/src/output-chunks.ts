import type { CursorBytes, CursorGap } from '@sessiond/ring-buffer';
import type { OutputReader } from './output-reader.ts';

/** Somewhere a reader can be attached. */
export interface Readable {
  openReader(from: number | 'start' | 'end', onReadable: () => void): OutputReader;
}

/**
 * Walks through an output until its end, at the pace of whoever asks: see {@link OutputBuffer.chunks}.
 */
export async function* chunksOf(
  output: Readable,
  from: number | 'start' | 'end',
  signal: AbortSignal | undefined,
): AsyncGenerator<CursorBytes | CursorGap, void, undefined> {
  let wake = (): void => {};
  const reader = output.openReader(from, () => wake());
  const aborted = (): void => wake();
  signal?.addEventListener('abort', aborted);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const chunk = reader.next();
      if (chunk?.kind === 'end') return;
      if (chunk === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      yield chunk.kind === 'bytes' ? { ...chunk, bytes: chunk.bytes.slice() } : chunk;
      reader.acknowledge(reader.offset);
    }
  } finally {
    signal?.removeEventListener('abort', aborted);
    reader.close();
  }
}
