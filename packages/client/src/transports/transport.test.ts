import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestDaemon, type TestDaemonOptions } from '../../test/test-daemon.ts';
import { Client } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import { isClientError } from '../errors.ts';
import type { Dialer } from '../transport.ts';
import { browserDialer, type WebSocketConstructor } from './browser.ts';
import { nodeDialer, webSocketUrl } from './node.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function temporaryFolder(): string {
  // A blank and a colon, because the common URL form of socket paths can hold neither.
  const folder = mkdtempSync(join(tmpdir(), 'sess d:'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function daemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
  const made = await new TestDaemon(options).listen();
  cleanups.push(() => made.stop());
  return made;
}

async function open(dialer: Dialer, options: ClientOptions = {}): Promise<Client> {
  const client = await Client.open(dialer, options);
  cleanups.push(() => client.close());
  return client;
}

const webSocket = WebSocket as unknown as WebSocketConstructor;
const transports = [
  { name: 'Unix socket', unix: true, dialer: (url: string, token?: string) => nodeDialer({ socketPath: url, token }) },
  { name: 'TCP from Node', unix: false, dialer: (url: string, token?: string) => nodeDialer({ url, token }) },
  {
    name: 'the standard WebSocket',
    unix: false,
    dialer: (url: string, token?: string) => browserDialer({ url, token, webSocket }),
  },
];

describe.each(transports)('the transport over $name', ({ unix, dialer }) => {
  async function listen(options: TestDaemonOptions = {}) {
    const socketPath = join(temporaryFolder(), 's.sock');
    const made = await daemon(unix ? { ...options, socketPath } : options);
    return { made, address: unix ? socketPath : made.url };
  }

  it('carries commands, output and input both ways, byte for byte', async () => {
    const { made, address } = await listen();
    made.addSession('s');
    const client = await open(dialer(address));
    await expect(client.request('list_sessions')).resolves.toEqual({ sessions: [] });
    const attachment = await client.attach('s');
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256);
    made.produce('s', bytes);
    made.end('s');
    const got: Uint8Array[] = [];
    for await (const chunk of attachment) if (chunk.kind === 'bytes') got.push(chunk.bytes);
    expect(Buffer.concat(got).equals(Buffer.from(bytes))).toBe(true);
  });

  it('resolves a write when the socket took it', async () => {
    const { made, address } = await listen();
    made.addSession('s');
    const client = await open(dialer(address));
    const attachment = await client.attach('s');
    await attachment.write(new TextEncoder().encode('ls\r'));
    await attachment.write(new Uint8Array(0));
    await attachment.write(new Uint8Array(100_000).fill(97));
    await client.request('list_sessions');
    let count = 0;
    for (const { offset, text } of made.input) {
      expect(offset).toBe(count);
      count += text.length;
    }
    expect(count).toBe(100_003);
    expect(attachment.snapshot().pendingInputBytes).toBe(0);
  });

  it('brings the token', async () => {
    const { address } = await listen({ token: 'se-cret~._' });
    const client = await open(dialer(address, 'se-cret~._'));
    await expect(client.request('list_sessions')).resolves.toEqual({ sessions: [] });
  });

  it('fails without the token, and tells nothing of it', async () => {
    const { address } = await listen({ token: 'right' });
    const error = await Client.open(dialer(address, 'wrong')).catch((thrown) => thrown);
    expect(isClientError(error, 'CONNECT_FAILED')).toBe(true);
    expect(error.message).not.toContain('wrong');
  });

  it('says that nobody listens', async () => {
    const { made, address } = await listen();
    await made.stop();
    const error = await Client.open(dialer(address)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', failure: 'unreachable' });
  });

  it('gives up on a daemon that accepts and says nothing', async () => {
    const { address } = await listen({ mute: true });
    const error = await Client.open(dialer(address), { connectTimeoutMs: 50 }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', failure: 'timeout' });
  });

  it('stops dialing when the caller has changed its mind', async () => {
    const { address } = await listen({ mute: true });
    const controller = new AbortController();
    const opening = Client.open(dialer(address), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });

  it('refuses a daemon of another major version', async () => {
    const { address } = await listen({ protocolVersion: '2.0.0' });
    const error = await Client.open(dialer(address)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', failure: 'protocol' });
    expect(error.message).toContain('speaks protocol 2.0.0');
  });

  it('closes once, and again without harm', async () => {
    const { made, address } = await listen();
    const client = await open(dialer(address));
    await Promise.all([client.close(), client.close()]);
    await client.close();
    expect(made.connections).toBe(0);
    expect(client.state).toEqual({ status: 'closed', cause: undefined });
  });
});

describe('nodeDialer', () => {
  it('says with which status a daemon refused', async () => {
    const made = await daemon({ token: 'right' });
    const error = await Client.open(nodeDialer({ url: made.url })).catch((thrown) => thrown);
    expect(error).toMatchObject({ failure: 'unauthenticated' });
    expect(error.message).toContain('HTTP 401');
  });

  it.each([
    ['429 Too Many Requests', 'busy'],
    ['503 Service Unavailable', 'busy'],
    ['404 Not Found', 'refused'],
  ])('knows from %s whether another try is worth it: %s', async (status, failure) => {
    const server = createServer((socket) =>
      socket.on('error', () => {}).end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    const error = await Client.open(nodeDialer({ url: `ws://127.0.0.1:${port}` })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', failure });
    expect(error.message).toContain(status.slice(0, 3));
  });

  it('cuts off a peer that stops answering pings', async () => {
    const made = await daemon();
    made.addSession('s');
    const client = await open(nodeDialer({ url: made.url, heartbeatMs: 20 }), { reconnect: false });
    const closed = new Promise((resolve) => client.onStateChange(resolve));
    made.freeze();
    await expect(closed).resolves.toMatchObject({ status: 'closed' });
  });

  it('says that it is there while it does not read, and so answers no ping', async () => {
    const made = await daemon();
    const client = await open(nodeDialer({ url: made.url }));
    client.pause();
    client.pause();
    await expect.poll(() => made.pongs).toBeGreaterThan(1);
    client.resume();
    await expect(client.request('list_sessions')).resolves.toEqual({ sessions: [] });
  });

  it('does not hang on a peer that is no WebSocket server', async () => {
    const server = createServer((socket) => socket.end('220 mail.example\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    const error = await Client.open(nodeDialer({ url: `ws://127.0.0.1:${port}` })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED' });
  });

  it('takes the schemes people have, and only those', () => {
    expect(webSocketUrl('http://127.0.0.1:3141').href).toBe('ws://127.0.0.1:3141/v1/ws');
    expect(webSocketUrl('https://host').href).toBe('wss://host/v1/ws');
    expect(webSocketUrl('wss://host/behind/proxy').href).toBe('wss://host/behind/proxy');
    expect(() => webSocketUrl('ftp://host')).toThrow('scheme ws, wss, http or https');
    expect(() => webSocketUrl('3141')).toThrow(TypeError);
  });
});

describe('browserDialer', () => {
  it('refuses a token that a subprotocol cannot carry', () => {
    expect(() => browserDialer({ url: 'ws://host', token: 'a b', webSocket })).toThrow(
      'the token holds other characters',
    );
  });

  it('fetches a ticket for each connection, and offers it instead of a token', async () => {
    const offered: string[][] = [];
    class Refused {
      binaryType = '';
      readonly bufferedAmount = 0;
      onopen = null;
      onmessage = null;
      onerror = null;
      onclose: ((event: never) => void) | null = null;

      constructor(_url: string, protocols: string[]) {
        offered.push(protocols);
        queueMicrotask(() => this.onclose?.({ code: 1006, reason: '' } as never));
      }

      send(): void {}
      close(): void {}
    }
    let made = 0;
    const ticket = async () => {
      made += 1;
      return `t${made}`;
    };
    const dialer = browserDialer({ url: 'ws://host', ticket, webSocket: Refused });
    const handlers = { onMessage() {}, onFrame() {}, onClose() {} };
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(dialer.dial(handlers, new AbortController().signal)).rejects.toThrow('handshake failed');
    }
    expect(offered).toEqual([
      ['sessiond.v1', 'sessiond.ticket.t1'],
      ['sessiond.v1', 'sessiond.ticket.t2'],
    ]);
  });

  it('fails without a ticket that it can use, and waits for none that nobody wants any more', async () => {
    const handlers = { onMessage() {}, onFrame() {}, onClose() {} };
    const dial = (ticket: () => Promise<string>, signal = new AbortController().signal) =>
      browserDialer({ url: 'ws://host', ticket, webSocket }).dial(handlers, signal);
    await expect(dial(() => Promise.reject(new Error('down')))).rejects.toThrow('there is no ticket to be had');
    await expect(dial(async () => 'a b')).rejects.toMatchObject({ failure: 'unauthenticated' });
    const gone = new AbortController();
    const never = dial(() => new Promise(() => {}), gone.signal);
    gone.abort(new Error('changed my mind'));
    await expect(never).rejects.toThrow('changed my mind');
    expect(() => browserDialer({ url: 'ws://host', token: 't', ticket: async () => 't', webSocket })).toThrow(
      'both token and ticket',
    );
  });

  it('says that the platform has no WebSocket', () => {
    const none = undefined as unknown as WebSocketConstructor;
    if ('WebSocket' in globalThis) expect(() => browserDialer({ url: 'ws://host', webSocket: none })).not.toThrow();
    else expect(() => browserDialer({ url: 'ws://host' })).toThrow('no WebSocket');
  });
});
