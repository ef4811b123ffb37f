import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@sessiond/client/node';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cutter } from './cutter.ts';

let daemon: TestDaemon;
let cutter: Cutter;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cutter-'));
  daemon = await startDaemon();
  cutter = new Cutter(join(folder, 'c.sock'), daemon.socketPath);
  await cutter.listen();
});
afterAll(async () => {
  cutter.close();
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

const reconnect = { initialDelayMs: 1, maxDelayMs: 20 };

/** Numbered blocks of 16 bytes, so that a byte lost, repeated or moved changes the hash. */
const BLOCKS = 1_000_000;
const script = `stty raw; exec "${process.execPath}" -e '
  const { writeSync } = require("node:fs");
  for (let block = 0; block < ${BLOCKS}; block += 4096) {
    let text = "";
    for (let at = block; at < Math.min(block + 4096, ${BLOCKS}); at++) text += String(at).padStart(15) + "\\n";
    for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(1, bytes));
  }'`;

it('delivers 16 MB exactly through 30 lost connections, with a program that is paused rather than overtaken', async () => {
  const client = await connect({ socketPath: cutter.path, reconnect });
  const pty = { command: 'sh', args: ['-c', script], overflow: 'pause' as const, bufferBytes: 262_144 };
  const { sessionId } = await client.request('create_session', { kind: 'pty', pty });
  const attachment = await client.attach(sessionId, { windowBytes: 131_072 });
  const hash = createHash('sha256');
  let received = 0;
  let cuts = 0;
  for await (const chunk of attachment) {
    expect(chunk.kind).not.toBe('gap');
    if (chunk.kind !== 'bytes') continue;
    hash.update(chunk.bytes);
    received += chunk.bytes.length;
    if (received > (cuts + 1) * 500_000) {
      cuts += 1;
      cutter.cut();
    }
  }
  const expected = createHash('sha256');
  for (let block = 0; block < BLOCKS; block += 1) expected.update(`${String(block).padStart(15)}\n`);
  expect(received).toBe(BLOCKS * 16);
  expect(cuts).toBeGreaterThanOrEqual(30);
  expect(hash.digest('hex')).toBe(expected.digest('hex'));
  await client.close();
});

it('accounts for every byte of a flood that overtakes it, in bytes or in gaps', async () => {
  const client = await connect({ socketPath: cutter.path, reconnect });
  const pty = { command: 'sh', args: ['-c', script], bufferBytes: 65_536 };
  const { sessionId } = await client.request('create_session', { kind: 'pty', pty });
  const attachment = await client.attach(sessionId, { from: 0, windowBytes: 65_536 });
  let at = 0;
  let missing = 0;
  let gaps = 0;
  for await (const chunk of attachment) {
    if (chunk.kind === 'end') expect(chunk.offset).toBe(at);
    else if (chunk.kind === 'gap') {
      expect(chunk.from).toBe(at);
      missing += chunk.to - chunk.from;
      at = chunk.to;
      gaps += 1;
    } else {
      expect(chunk.offset).toBe(at);
      const text = Buffer.from(chunk.bytes).toString();
      // Each byte is the one that belongs at its offset.
      const block = `${String(Math.floor(at / 16)).padStart(15)}\n`.slice(at % 16);
      expect(text.slice(0, block.length)).toBe(block.slice(0, text.length));
      at += chunk.bytes.length;
      if (gaps < 3) await client.request('wait_for', { sessionId, idleMs: 20, timeoutMs: 200 }).catch(() => {});
    }
  }
  expect(at).toBe(BLOCKS * 16);
  expect(gaps).toBeGreaterThan(0);
  // The daemon also counts what it had sent and not yet got acknowledged.
  expect(missing).toBeLessThanOrEqual((await client.request('get_buffer_stats', { sessionId })).totalDropped);
  await client.close();
});

it('hears of no mistake of its own when a session is deleted while it reads, in small windows', async () => {
  const client = await connect({ socketPath: daemon.socketPath });
  const faults: string[] = [];
  client.onFault(({ message }) => faults.push(message));
  const script = 'stty raw; while :; do head -c 100000 /dev/zero; done';
  for (let round = 0; round < 10; round += 1) {
    const { sessionId } = await client.request('create_session', {
      kind: 'pty',
      pty: { command: 'sh', args: ['-c', script] },
    });
    const attachment = await client.attach(sessionId, { windowBytes: 4_096 });
    let received = 0;
    let deleting: Promise<unknown> | undefined;
    for await (const chunk of attachment) {
      if (chunk.kind === 'bytes') received += chunk.bytes.length;
      if (received > 50_000) deleting ??= client.request('delete_session', { sessionId, gracePeriodMs: 0 });
    }
    await deleting;
  }
  await client.request('list_sessions');
  expect(faults).toEqual([]);
  await client.close();
});

it('types a megabyte exactly, at the pace of a program that reads slowly', async () => {
  const client = await connect({ socketPath: cutter.path, reconnect });
  const reader =
    'stty raw -echo; echo go; while dd bs=65536 count=1 2>/dev/null | cat; do sleep 0.01; done | head -c 1000000 | sha256sum';
  const { sessionId } = await client.request('create_session', {
    kind: 'pty',
    pty: { command: 'sh', args: ['-c', reader] },
  });
  await client.request('wait_for', { sessionId, text: 'go' });
  const attachment = await client.attach(sessionId);
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => 32 + ((at * 7) % 90)));
  await attachment.write(bytes);
  await client.request('wait_for', {
    sessionId,
    text: createHash('sha256').update(bytes).digest('hex'),
    timeoutMs: 20_000,
  });
  await client.request('delete_session', { sessionId, gracePeriodMs: 0 });
  await client.close();
});
