import { expect, test } from 'vitest';
import { OutputBuffer } from './output-buffer.ts';

function write(output: OutputBuffer, text: string): void {
  output.append(Buffer.from(text));
  output.flush();
}

test('bytes come as they are written, until the end', async () => {
  const output = new OutputBuffer({ capacityBytes: 8 });
  write(output, 'one');
  const seen: string[] = [];
  const walk = (async () => {
    for await (const chunk of output.chunks()) {
      seen.push(chunk.kind === 'bytes' ? Buffer.from(chunk.bytes).toString() : `${chunk.from}-${chunk.to}`);
    }
  })();
  await Promise.resolve();
  write(output, 'two');
  output.finish();
  await walk;
  expect(seen.join('')).toBe('onetwo');
  expect(output.readerCount).toBe(0);
});

test('a slow loop gets an exact gap, and bytes of its own that nothing overwrites', async () => {
  const output = new OutputBuffer({ capacityBytes: 4 });
  write(output, 'abcd');
  const chunks = output.chunks();
  const first = await chunks.next();
  write(output, 'efghij');
  expect(first.value).toMatchObject({ kind: 'bytes', bytes: new Uint8Array(Buffer.from('abcd')) });
  expect((await chunks.next()).value).toEqual({ kind: 'gap', from: 4, to: 6 });
  await chunks.return();
});

test('[T016] a chunk is delivered when the next one is asked for, so with `pause` there is room only then', async () => {
  const output = new OutputBuffer({ capacityBytes: 4, overflow: 'pause' });
  write(output, 'abcd');
  const chunks = output.chunks();
  await chunks.next();
  expect(output.room()).toBe(0);
  void chunks.next();
  await Promise.resolve();
  expect(output.room()).toBe(4);
  output.finish();
});

test('leaving the loop detaches the reader; what it was given last counts as not delivered', async () => {
  const output = new OutputBuffer({ capacityBytes: 4 });
  write(output, 'abcd');
  for await (const chunk of output.chunks(1)) {
    expect(chunk).toMatchObject({ kind: 'bytes', offset: 1 });
    break;
  }
  expect([output.readerCount, output.floor]).toEqual([0, 1]);
});

test('an aborted signal ends the wait with its reason', async () => {
  const output = new OutputBuffer();
  const abort = new AbortController();
  const chunk = output.chunks('end', { signal: abort.signal }).next();
  const reason = new Error('no longer wanted');
  abort.abort(reason);
  await expect(chunk).rejects.toBe(reason);
  expect(output.readerCount).toBe(0);
  await expect(output.chunks('start', { signal: abort.signal }).next()).rejects.toBe(reason);
});

test('an offset that was never written is refused', async () => {
  await expect(new OutputBuffer().chunks(1).next()).rejects.toThrow(
    expect.objectContaining({ name: 'OffsetOutOfRangeError' }),
  );
});
