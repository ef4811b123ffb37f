import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { TestDaemon } from '../test/test-daemon.ts';
import type { Attachment, AttachOptions } from './attachment.ts';
import type { Chunk } from './chunk.ts';
import { Client } from './client.ts';
import { isClientError } from './errors.ts';
import { nodeDialer } from './transports/node.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: AttachOptions = {}) {
  const daemon = await new TestDaemon().listen();
  cleanups.push(() => daemon.stop());
  daemon.addSession('s');
  const reconnect = { initialDelayMs: 1, maxDelayMs: 5, deadlineMs: 10_000 };
  const client = await Client.open(nodeDialer({ url: daemon.url }), { reconnect });
  cleanups.push(() => client.close());
  const attachment = await client.attach('s', options);
  return { daemon, client, attachment };
}

/** What a chunk says, with text for bytes. */
function told(chunk: Chunk): string {
  if (chunk.kind === 'bytes') return `${chunk.offset}${chunk.replay ? 'r' : ''}:${Buffer.from(chunk.bytes)}`;
  return chunk.kind === 'gap' ? `gap ${chunk.from}-${chunk.to}` : `end ${chunk.offset}`;
}

async function readAll(attachment: Attachment): Promise<string[]> {
  const seen: string[] = [];
  for await (const chunk of attachment) seen.push(told(chunk));
  return seen;
}

function iterate(attachment: Attachment): AsyncIterator<Chunk> {
  return attachment[Symbol.asyncIterator]();
}

function reconnected(client: Client): Promise<void> {
  return stateOf(client, 'open');
}

function stateOf(client: Client, expected: Client['state']['status']): Promise<void> {
  return new Promise((resolve) => {
    const leave = client.onStateChange(({ status }) => {
      if (status !== expected) return;
      leave();
      resolve();
    });
  });
}

describe('reading', () => {
  it('yields replay and live output without a seam, and the end', async () => {
    const { daemon, client } = await start();
    daemon.addSession('t');
    daemon.produce('t', 'before ');
    const attachment = await client.attach('t');
    daemon.produce('t', 'after');
    daemon.end('t');
    expect(await readAll(attachment)).toEqual(['0r:before ', '7:after', 'end 12']);
    expect(attachment.snapshot()).toMatchObject({ status: 'ended', offset: 12, acknowledged: 12 });
    await expect(attachment.done).resolves.toBeUndefined();
    expect(client.snapshot().attachments).toBe(1);
  });

  it('can be done again after the end, and after an attach that was given up', async () => {
    const { daemon, client, attachment } = await start();
    daemon.end('s');
    await readAll(attachment);
    const controller = new AbortController();
    daemon.ignored.add('attach');
    const given = client.attach('s', { signal: controller.signal });
    await client.request('list_sessions');
    controller.abort(new Error('never mind'));
    await expect(given).rejects.toThrow('never mind');
    daemon.ignored.clear();
    expect(await readAll(await client.attach('s'))).toEqual(['end 0']);
    expect(daemon.commands.map(({ type }) => type)).toEqual([
      'attach',
      'detach',
      'attach',
      'list_sessions',
      'cancel_command',
      'detach',
      'attach',
    ]);
  });

  it('begins at an offset, at the newest byte, and tells the gap before the oldest', async () => {
    const { daemon, client } = await start();
    for (const id of ['a', 'b', 'c']) {
      daemon.addSession(id);
      daemon.produce(id, '0123456789');
      daemon.dropBefore(id, 4);
    }
    const [a, b, c] = await Promise.all([
      client.attach('a', { from: 6 }),
      client.attach('b', { from: 'now' }),
      client.attach('c', { from: 1, streamId: 'stream-c' }),
    ]);
    for (const id of ['a', 'b', 'c']) daemon.end(id);
    expect(await readAll(a)).toEqual(['6r:6789', 'end 10']);
    expect(await readAll(b)).toEqual(['end 10']);
    expect(await readAll(c)).toEqual(['gap 1-4', '4r:456789', 'end 10']);
  });

  it('acknowledges what the consumer is done with, in halves of the window, and nothing else', async () => {
    const { daemon, client, attachment } = await start({ windowBytes: 1_000 });
    daemon.frameBytes = 250;
    daemon.produce('s', new Uint8Array(3_000).fill(97));
    const chunks = iterate(attachment);
    for (let taken = 0; taken < 3; taken += 1) await chunks.next();
    await client.request('list_sessions');
    // Three are handed out, the third is being worked on.
    expect(daemon.acks).toEqual([500]);
    expect(attachment.offset).toBe(500);
    expect(attachment.snapshot().received).toBe(1_500);
  });

  it('acknowledges nothing once the end has arrived, because the channel may be gone with its session', async () => {
    const { daemon, client, attachment } = await start({ windowBytes: 1_000 });
    daemon.produce('s', new Uint8Array(900).fill(97));
    daemon.end('s');
    await client.request('list_sessions');
    expect(await readAll(attachment)).toEqual([`0:${'a'.repeat(900)}`, 'end 900']);
    await client.request('list_sessions');
    expect(daemon.acks).toEqual([]);
    expect(daemon.commands.map(({ type }) => type)).toContain('detach');
  });

  it('holds at most a window for a consumer that does not take', async () => {
    const { daemon, client, attachment } = await start({ windowBytes: 10_000 });
    daemon.produce('s', new Uint8Array(1_000_000).fill(97));
    await client.request('list_sessions');
    expect(attachment.snapshot()).toMatchObject({ waitingBytes: 10_000, received: 10_000, acknowledged: 0 });
  });

  it('has one reader', async () => {
    const { attachment } = await start();
    const chunks = iterate(attachment);
    expect(() => iterate(attachment)).toThrow('already has a reader');
    const waiting = chunks.next();
    await expect(chunks.next()).rejects.toMatchObject({ code: 'ATTACHMENT_STATE' });
    await attachment.detach();
    await expect(waiting).resolves.toEqual({ done: true, value: undefined });
  });

  it('detaches when the loop is left, and can attach again from there', async () => {
    const { daemon, client, attachment } = await start();
    daemon.frameBytes = 3;
    daemon.produce('s', 'abcdef');
    for await (const chunk of attachment) {
      expect(told(chunk)).toBe('0:abc');
      break;
    }
    expect(daemon.commands.map(({ type }) => type)).toEqual(['attach', 'detach']);
    expect(daemon.acks).toEqual([3]);
    const again = await client.attach('s', { from: attachment.offset, streamId: attachment.streamId });
    daemon.end('s');
    expect(await readAll(again)).toEqual(['3r:def', 'end 6']);
  });

  it('fails and detaches on abort', async () => {
    const controller = new AbortController();
    const { client, daemon, attachment } = await start({ signal: controller.signal });
    const reading = readAll(attachment);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await expect(attachment.done).rejects.toThrow('enough');
    await client.request('list_sessions');
    expect(daemon.commands.map(({ type }) => type)).toContain('detach');
  });

  it('rejects a second stream, an unknown session and a silly window with the reason', async () => {
    const { client } = await start();
    await expect(client.attach('nobody')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await expect(client.attach('s', { streamId: 'other' })).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(client.attach('s', { windowBytes: 0 })).rejects.toThrow('windowBytes is 0');
  });

  it('fails, and delivers nothing, when the daemon repeats or skips bytes', async () => {
    const { daemon, client, attachment } = await start();
    daemon.sessions.get('s')!.output = Buffer.from('abc');
    daemon.misplace('s', 1);
    daemon.produce('s', 'd');
    await expect(readAll(attachment)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    expect(client.state.status).toBe('open');
  });
});

describe('reading by callback', () => {
  it('calls for one chunk at a time and waits for the handler', async () => {
    const seen: string[] = [];
    const release: (() => void)[] = [];
    const { daemon, client, attachment } = await start({
      onChunk: (chunk) => {
        seen.push(told(chunk));
        return new Promise((resolve) => release.push(resolve));
      },
    });
    daemon.produce('s', 'a');
    daemon.produce('s', 'b');
    daemon.end('s');
    await client.request('list_sessions');
    expect(seen).toEqual(['0:a']);
    release.shift()?.();
    await client.request('list_sessions');
    expect(seen).toEqual(['0:a', '1:b']);
    release.shift()?.();
    await client.request('list_sessions');
    release.shift()?.();
    await attachment.done;
    expect(seen).toEqual(['0:a', '1:b', 'end 2']);
    expect(() => iterate(attachment)).toThrow('already has a reader');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('cannot draw');
      },
    ],
    ['rejects', () => Promise.reject(new Error('cannot draw'))],
  ])('ends with the error of a handler that %s, acknowledges nothing of it, and detaches', async (_, onChunk) => {
    let calls = 0;
    const { daemon, client, attachment } = await start({
      onChunk: () => {
        calls += 1;
        return onChunk();
      },
    });
    daemon.produce('s', 'a');
    daemon.produce('s', 'b');
    await expect(attachment.done).rejects.toThrow('cannot draw');
    await client.request('list_sessions');
    expect(calls).toBe(1);
    expect(daemon.acks).toEqual([]);
    expect(daemon.commands.map(({ type }) => type)).toContain('detach');
  });

  it('tells of its end when a handler that was at work then fails as well', async () => {
    const release: ((error: Error) => void)[] = [];
    const { daemon, client, attachment } = await start({
      onChunk: () => new Promise((_, reject) => release.push(reject)),
    });
    daemon.produce('s', 'a');
    await client.request('list_sessions');
    await client.close();
    release.shift()?.(new Error('cannot draw'));
    await expect(attachment.done).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('resuming', () => {
  it('goes on where the stream was, with the same stream id, and the reader sees nothing of it', async () => {
    const { daemon, client, attachment } = await start();
    const chunks = iterate(attachment);
    daemon.produce('s', 'one ');
    expect(told((await chunks.next()).value)).toBe('0:one ');
    const back = reconnected(client);
    daemon.cutOff();
    daemon.produce('s', 'two ');
    await back;
    expect(told((await chunks.next()).value)).toBe('4r:two ');
    daemon.end('s');
    expect(told((await chunks.next()).value)).toBe('end 8');
    expect(daemon.commands.at(-1)).toMatchObject({ type: 'attach', from: 4, streamId: 'stream-s' });
    expect(attachment.snapshot().resumes).toBe(1);
  });

  it('tells the exact gap when the daemon no longer has the bytes', async () => {
    const { daemon, attachment } = await start();
    const chunks = iterate(attachment);
    daemon.produce('s', '01');
    await chunks.next();
    daemon.cutOff();
    daemon.produce('s', '23456789');
    daemon.dropBefore('s', 7);
    daemon.end('s');
    const rest = [(await chunks.next()).value, (await chunks.next()).value, (await chunks.next()).value];
    expect(rest.map(told)).toEqual(['gap 2-7', '7r:789', 'end 10']);
  });

  it('keeps what waits unread through many losses, within twice the window', async () => {
    const { daemon, client, attachment } = await start({ windowBytes: 1_000 });
    const sent = randomBytes(20_000);
    daemon.produce('s', sent);
    for (let losses = 0; losses < 5; losses += 1) {
      const back = reconnected(client);
      daemon.cutOff();
      await back;
      await client.request('list_sessions');
      expect(attachment.snapshot().waitingBytes).toBeLessThanOrEqual(2_000);
    }
    daemon.end('s');
    const got: Uint8Array[] = [];
    for await (const chunk of attachment) if (chunk.kind === 'bytes') got.push(chunk.bytes);
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  });

  it('delivers 4 MB exactly through 40 losses', async () => {
    const { daemon, attachment } = await start({ windowBytes: 64 * 1024 });
    const sent = randomBytes(4_000_000);
    daemon.frameBytes = 10_000;
    daemon.produce('s', sent);
    daemon.end('s');
    const hash = createHash('sha256');
    let received = 0;
    let losses = 0;
    for await (const chunk of attachment) {
      if (chunk.kind !== 'bytes') continue;
      expect(chunk.offset).toBe(received);
      hash.update(chunk.bytes);
      received += chunk.bytes.length;
      if (received > (losses + 1) * 95_000) {
        losses += 1;
        daemon.cutOff();
      }
    }
    expect(losses).toBeGreaterThanOrEqual(40);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  });

  it('fails with the code when the session is gone', async () => {
    const { daemon, attachment } = await start();
    const reading = readAll(attachment);
    daemon.sessions.delete('s');
    daemon.cutOff();
    await expect(reading).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('fails when the session lives again with another stream', async () => {
    const { daemon, attachment } = await start();
    const reading = readAll(attachment);
    daemon.addSession('s', 'second-life');
    daemon.cutOff();
    await expect(reading).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('waits when the daemon asks it to', async () => {
    const { daemon, attachment } = await start();
    daemon.refusals.push({ type: 'attach', code: 'RATE_LIMITED', retryAfterMs: 5 });
    daemon.cutOff();
    daemon.produce('s', 'ok');
    daemon.end('s');
    expect(await readAll(attachment)).toEqual(['0r:ok', 'end 2']);
  });

  it('does not resume what was detached or had arrived whole', async () => {
    const { daemon, client, attachment } = await start();
    daemon.addSession('whole');
    const whole = await client.attach('whole');
    daemon.produce('whole', 'all');
    daemon.end('whole');
    await client.request('list_sessions');
    await attachment.detach();
    const back = reconnected(client);
    daemon.cutOff();
    await back;
    await client.close();
    expect(await readAll(whole)).toEqual(['0:all', 'end 3']);
    expect(await readAll(attachment)).toEqual([]);
    expect(daemon.commands.filter(({ type }) => type === 'attach')).toHaveLength(2);
  });

  it('fails with CLIENT_CLOSED after what has arrived', async () => {
    const { daemon, client, attachment } = await start();
    daemon.produce('s', 'some');
    await client.request('list_sessions');
    await client.close();
    const chunks = iterate(attachment);
    expect(told((await chunks.next()).value)).toBe('0:some');
    await expect(chunks.next()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('writing', () => {
  const text = new TextEncoder();

  it('is refused for observers and after the end', async () => {
    const { daemon, client, attachment } = await start();
    daemon.addSession('watched');
    const observer = await client.attach('watched', { role: 'observer' });
    await expect(observer.write(text.encode('x'))).rejects.toMatchObject({ code: 'ATTACHMENT_STATE' });
    daemon.end('s');
    await readAll(attachment);
    await expect(attachment.write(text.encode('x'))).rejects.toMatchObject({ code: 'ATTACHMENT_STATE' });
  });

  it('is never repeated after a loss', async () => {
    const { daemon, client, attachment } = await start();
    await attachment.write(text.encode('typed once'));
    await client.request('list_sessions');
    const away = stateOf(client, 'reconnecting');
    await daemon.stop();
    await away;
    const back = reconnected(client);
    const error = await attachment.write(text.encode('typed into the void')).catch((thrown) => thrown);
    expect(isClientError(error, 'CONNECTION_LOST')).toBe(true);
    await daemon.listen();
    await back;
    await client.request('list_sessions');
    await attachment.write(text.encode('typed later'));
    await client.request('list_sessions');
    expect(daemon.input.map((input) => input.text)).toEqual(['typed once', 'typed later']);
    expect(daemon.input.at(-1)?.offset).toBe(0);
  });

  it('goes no faster than the terminal takes it, and is bounded', async () => {
    const { daemon, client, attachment } = await start();
    daemon.reads = false;
    const large = attachment.write(new Uint8Array(8 * 1024 * 1024));
    await expect(attachment.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'CLIENT_LIMIT' });
    await client.request('list_sessions');
    await client.request('list_sessions');
    expect(daemon.input.reduce((sum, { text }) => sum + text.length, 0)).toBe(65_536);
    daemon.readInput();
    await large;
    await client.request('list_sessions');
    expect(daemon.input.reduce((sum, { text }) => sum + text.length, 0)).toBe(8 * 1024 * 1024);
  });

  it('goes on after a refusal, with a new count, and the reader sees nothing of it', async () => {
    const { daemon, client, attachment } = await start();
    const faults: string[] = [];
    client.onFault((fault) => faults.push(fault.code));
    daemon.produce('s', 'before ');
    daemon.refusals.push({ type: 'bytes', code: 'INPUT_QUEUE_FULL' });
    const refused = attachment.write(new Uint8Array(100_000)).catch((thrown) => thrown);
    expect(isClientError(await refused, 'INPUT_QUEUE_FULL')).toBe(true);
    while (attachment.snapshot().resumes === 0) await client.request('list_sessions');
    expect(faults[0]).toBe('INPUT_QUEUE_FULL');
    await attachment.write(text.encode('taken'));
    await client.request('list_sessions');
    daemon.produce('s', 'after');
    daemon.end('s');
    expect(await readAll(attachment)).toEqual(['0:before ', '7:after', 'end 12']);
    expect(daemon.input.map((input) => input.text)).toEqual(['taken']);
  });

  it('rejects what waits when the connection is lost', async () => {
    const { daemon, attachment } = await start();
    daemon.reads = false;
    const waiting = attachment.write(new Uint8Array(100_000));
    daemon.cutOff();
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(attachment.snapshot().pendingInputBytes).toBe(0);
  });
});
