import { isProtocolError } from '@sessiond/protocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { TestDaemon } from '../test/test-daemon.ts';
import { Client } from './client.ts';
import { nodeDialer } from './transports/node.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(maxMessageBytes: number) {
  const daemon = new TestDaemon();
  daemon.maxMessageBytes = maxMessageBytes;
  await daemon.listen();
  cleanups.push(() => daemon.stop());
  const reconnect = { initialDelayMs: 1, maxDelayMs: 5, deadlineMs: 10_000 };
  const client = await Client.open(nodeDialer({ url: daemon.url }), { reconnect });
  cleanups.push(() => client.close());
  return { daemon, client };
}

/** A command whose message has so many bytes. */
function sized(bytes: number, letter = 'x') {
  const empty = { id: 'own', sessionId: 'a', command: '' };
  const room = bytes - JSON.stringify({ ...empty, type: 'bash' }).length;
  const letterBytes = Buffer.byteLength(letter);
  return { ...empty, command: letter.repeat(room / letterBytes) + '-'.repeat(room % letterBytes) };
}

describe('a command that is larger than the daemon reads', () => {
  it('is refused before it is sent, with its size and what is allowed, and harms no other', async () => {
    const { client, daemon } = await start(2_000);
    daemon.unheard.add('prompt');
    const other = client.request('prompt', { sessionId: 'a', message: 'b' });
    const error: unknown = await client.request('bash', sized(2_001)).catch((thrown) => thrown);
    expect(isProtocolError(error) && [error.code, error.message, error.details]).toEqual([
      'MESSAGE_TOO_LARGE',
      'Cannot send bash: its message is 2,001 bytes, the daemon reads 2,000',
      { bytes: 2_001, maxBytes: 2_000 },
    ]);
    await client.request('health_check');
    expect(client.snapshot()).toMatchObject({ reconnects: 0, pendingRequests: 1, parkedRequests: 0 });
    daemon.cutOff();
    await expect(other).resolves.toEqual({});
    expect(daemon.executed.map(({ type }) => type)).toEqual(['prompt', 'health_check']);
  });

  it('is measured in bytes, to the last one', async () => {
    const { client } = await start(2_000);
    for (const letter of ['x', 'é', '世', '🦄']) {
      await expect(client.request('bash', sized(2_000, letter))).resolves.toEqual({});
      await expect(client.request('bash', { ...sized(2_001, letter), id: 'other' })).rejects.toMatchObject({
        code: 'MESSAGE_TOO_LARGE',
      });
    }
  });

  it('says that nobody knows what came of it when it is only too large for the daemon that is there after a loss', async () => {
    const { client, daemon } = await start(2_000);
    daemon.unheard.add('bash');
    const request = client.request('bash', sized(2_000)).catch((thrown) => thrown);
    await client.request('health_check');
    daemon.maxMessageBytes = 1_000;
    await daemon.restart('everything');
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'MESSAGE_TOO_LARGE' } });
    expect(daemon.executed.filter(({ type }) => type === 'bash')).toHaveLength(1);
  });
});

describe('input', () => {
  it('is sent in frames that the daemon reads, however small these have to be', async () => {
    const { client, daemon } = await start(1_024);
    daemon.addSession('s');
    const attachment = await client.attach('s');
    const typed = Array.from({ length: 500 }, (_, at) => `line ${at}\n`).join('');
    await attachment.write(Buffer.from(typed));
    await client.request('health_check');
    expect(daemon.input.map(({ text }) => text).join('')).toBe(typed);
    expect(Math.max(...daemon.input.map(({ text }) => text.length))).toBe(1_008);
  });
});

describe('an answer that is larger than the client reads', () => {
  it('ends what it may be the answer to, and is not asked for again', async () => {
    const { client, daemon } = await start(2_000);
    daemon.ignored.add('get_metrics');
    const request = client.request('get_metrics').catch((thrown) => thrown);
    await client.request('health_check');
    daemon.say(' '.repeat(16 * 1024 * 1024 + 1));
    expect(await request).toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('the daemon sent more than 16 MiB at once'),
    });
    await client.request('health_check');
    expect(daemon.commands.filter(({ type }) => type === 'get_metrics')).toHaveLength(1);
    expect(client.snapshot().reconnects).toBe(1);
  });
});
