import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';

const STREAM_BYTES = 100_000_000;
const CUTS = 50;
const WINDOW_BYTES = 1024 * 1024;
const STALL_MS = 1_500;
const MAX_STALL_GROWTH_BYTES = 16 * 1024 * 1024;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sessiond-resume-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const shared = shareDaemon({ flags: ['--no-tcp'] });

/** Bytes that repeat nowhere near: a hole or a repetition changes the hash. */
function writePattern(path: string, bytes: number): string {
  const pattern = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) pattern.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  writeFileSync(path, pattern);
  return createHash('sha256').update(pattern).digest('hex');
}

it('carries 100 MB to a client that is cut off 50 times, every byte once', async () => {
  const path = join(directory, 'pattern');
  const expected = writePattern(path, STREAM_BYTES);
  const hash = createHash('sha256');
  let client = await shared.connect();
  const sessionId = await client.runRaw(`cat ${path}`, { overflow: 'pause' });
  let offset = 0;
  let streamId: unknown;
  for (let life = 0; life <= CUTS; life++) {
    const log = await client.attach(sessionId, {
      from: offset,
      window: WINDOW_BYTES,
      ...(streamId !== undefined && { streamId }),
    });
    streamId ??= (await client.ask('get_state', { sessionId }))['streamId'];
    const cutAt =
      life === CUTS ? Number.POSITIVE_INFINITY : offset + Math.ceil((Math.random() * 2 * STREAM_BYTES) / CUTS);
    while (log.end === undefined && offset < cutAt) {
      await log.until((now) => now.offset > offset || now.end !== undefined);
      for (const { bytes } of log.chunks.splice(0)) hash.update(bytes);
      offset = log.offset;
      client.acknowledge(log);
    }
    expect(log.gaps).toEqual([]);
    client.cut();
    if (log.end !== undefined) break;
    client = await shared.connect();
  }
  expect(offset).toBe(STREAM_BYTES);
  expect(hash.digest('hex')).toBe(expected);
});

it('does not grow for a client that stops reading in a flood, and tells it afterwards what it missed', async () => {
  const client = await shared.connect();
  const sessionId = await client.runRaw('cat /dev/zero');
  const log = await client.attach(sessionId);
  // Long enough for the engine's heap to have the size that a flood gives it; what grows after that grows for the client.
  await log.until(({ offset, chunks }) => {
    chunks.length = 0;
    return offset > 300_000_000;
  });
  client.wire.ws.pause();
  log.chunks.length = 0;
  log.gaps.length = 0;
  let growthBytes = Number.POSITIVE_INFINITY;
  // The engine's young generation may take one more step of its own meanwhile; a queue would grow in every interval.
  for (let interval = 0; interval < 3 && growthBytes > MAX_STALL_GROWTH_BYTES; interval += 1) {
    const before = shared.daemon.rssBytes();
    await new Promise((resolve) => setTimeout(resolve, STALL_MS));
    growthBytes = shared.daemon.rssBytes() - before;
  }
  expect(growthBytes).toBeLessThanOrEqual(MAX_STALL_GROWTH_BYTES);
  const stalledAt = log.offset;
  client.wire.ws.resume();
  // The log checks that every frame continues exactly where the one before it ended, gaps included.
  await log.until(({ gaps, chunks }) => gaps.length > 0 && chunks.length > 100);
  expect(log.gaps[0]!.from).toBeGreaterThanOrEqual(stalledAt);
  await client.ask('terminate', { sessionId, gracePeriodMs: 0 });
});
