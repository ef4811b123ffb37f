import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ProtocolError } from '@sessiond/protocol';
import { WireClient } from '@sessiond/testkit';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Traffic } from '../connections/traffic.ts';
import { Containment } from '../containment.ts';
import type { AttachmentHandlers, SessionAttachment } from '../sessions/session-host.ts';
import { FramePool } from './frame-pool.ts';
import { parseRawTerminalRequest, RawTerminal, type TerminalHost } from './raw-terminal.ts';

const containment = new Containment(pino({ level: 'silent' }));

/** A session that keeps what is typed and puts out what it is told to. */
class FakeSession {
  typed = Buffer.alloc(0);
  sizes: [number, number][] = [];
  /** How much input it takes before it is full. */
  room = Number.POSITIVE_INFINITY;
  output = Buffer.alloc(0);
  given = 0;
  ended = false;
  closed = 0;
  handlers: AttachmentHandlers | null = null;

  readonly host: TerminalHost = {
    resize: async ({ cols, rows }) => {
      this.sizes.push([cols, rows]);
      return true;
    },
    attach: async (request, handlers) => {
      if (request.sessionId !== 's') throw new ProtocolError('SESSION_NOT_FOUND', 'Cannot attach: no such session');
      this.handlers = handlers;
      const session = this;
      return {
        get offset() {
          return session.given;
        },
        get pending() {
          return session.output.length - session.given;
        },
        next: (maxBytes: number) => {
          const bytes = session.output.subarray(session.given, session.given + maxBytes);
          const offset = session.given;
          session.given += bytes.length;
          if (bytes.length > 0) return { kind: 'bytes', offset, bytes };
          return session.ended ? { kind: 'end', offset } : undefined;
        },
        acknowledge: () => true,
        write: (data: Uint8Array) => {
          if (request.role === 'observer') throw new ProtocolError('FORBIDDEN', 'observer');
          if (session.typed.length + data.length > session.room) throw new ProtocolError('INPUT_QUEUE_FULL', 'full');
          session.typed = Buffer.concat([session.typed, data]);
        },
        close: () => {
          session.closed += 1;
        },
      } as unknown as SessionAttachment;
    },
  };

  put(bytes: Buffer): void {
    this.output = Buffer.concat([this.output, bytes]);
    this.handlers?.onReadable();
  }
}

let server: Server;
let session: FakeSession;
let traffic: Traffic;
let socket: Socket;
/** The daemon's end of the latest terminal. */
let served: WebSocket;
let url: string;
/** What a terminal opened from now on reads per second. */
let inputBytesPerSecond: number | null;

beforeEach(async () => {
  session = new FakeSession();
  traffic = new Traffic();
  inputBytesPerSecond = null;
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server = createServer();
  server.on('upgrade', async (request, upgradeSocket, head) => {
    socket = upgradeSocket as Socket;
    const query = new URL(`http://host${request.url}`).searchParams;
    const terminal = await RawTerminal.open(session.host, parseRawTerminalRequest('s', query), 'ada', containment);
    const options = { frames: new FramePool(), traffic, inputBytesPerSecond };
    webSockets.handleUpgrade(request, socket, head, (ws) => {
      served = ws;
      terminal.start(ws, socket, options);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  socket.destroy();
  server.close();
});

async function received(client: WireClient, bytes: number): Promise<Buffer> {
  let all = Buffer.alloc(0);
  while (all.length < bytes) all = Buffer.concat([all, (await client.next()) as Buffer]);
  return all;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

it('carries bytes both ways, text and binary alike, and nothing else', async () => {
  session.put(Buffer.from('before '));
  const client = await WireClient.connect({ url, path: '/?cols=120&rows=40' });
  session.put(Buffer.from([0xff, 0x00, 0x9f]));
  expect(await received(client, 10)).toEqual(Buffer.from('before \xff\x00\x9f', 'latin1'));
  client.send('ls ü\r');
  client.send(Buffer.from([3]));
  await until(() => session.typed.length === 7);
  expect(session.typed.toString()).toBe('ls ü\r\x03');
  expect([traffic.sent.raw, traffic.received.raw]).toEqual([10, 7]);
  expect(session.sizes).toEqual([[120, 40]]);
  await client.close();
  await until(() => session.closed === 1);
});

it('ends with 1000 after the last byte when the program ended', async () => {
  const client = await WireClient.connect({ url });
  session.ended = true;
  session.put(Buffer.from('bye'));
  expect(await received(client, 3)).toEqual(Buffer.from('bye'));
  expect(await client.closed).toEqual({ code: 1000, reason: 'the program ended' });
});

it('holds no output back for a client that does not read', async () => {
  const client = await WireClient.connect({ url });
  client.ws.pause();
  const bytes = Buffer.alloc(8 * 1024 * 1024, 'x');
  session.put(bytes);
  await new Promise(setImmediate);
  expect(session.given).toBeLessThan(bytes.length);
  expect(socket.writableLength).toBeLessThan(512 * 1024);
  client.ws.resume();
  expect(await received(client, bytes.length)).toHaveLength(bytes.length);
});

it('stops reading a client whose program does not, and loses none of its input', async () => {
  const client = await WireClient.connect({ url });
  session.room = 100_000;
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at & 0xff));
  for (let at = 0; at < sent.length; at += 50_000) client.send(sent.subarray(at, at + 50_000));
  await until(() => session.typed.length > 80_000);
  expect(session.typed.length).toBeLessThanOrEqual(100_000);
  session.room = Number.POSITIVE_INFINITY;
  session.handlers!.onInputDrained();
  await until(() => session.typed.length === sent.length);
  expect(session.typed.equals(sent)).toBe(true);
});

it('reads no faster than it may, loses nothing, and types on when it may again', async () => {
  inputBytesPerSecond = 200_000;
  const client = await WireClient.connect({ url });
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at & 0xff));
  for (let at = 0; at < sent.length; at += 10_000) client.send(sent.subarray(at, at + 10_000));
  await until(() => session.typed.length >= 200_000);
  // What had been read with the byte that was too much is typed too: at most one read of the socket.
  expect(session.typed.length).toBeLessThan(300_000);
  await until(() => session.typed.length === sent.length);
  expect(session.typed.equals(sent)).toBe(true);
});

it('ends at once for a client that is being slowed down', async () => {
  inputBytesPerSecond = 64 * 1024;
  const client = await WireClient.connect({ url });
  client.send(Buffer.alloc(64 * 1024 * 20));
  await until(() => session.typed.length > 0);
  session.ended = true;
  session.put(Buffer.from('bye'));
  expect(await client.closed).toEqual({ code: 1000, reason: 'the program ended' });
});

it('listens to the farewell of a client that goes on sending', async () => {
  inputBytesPerSecond = 64 * 1024;
  const client = await WireClient.connect({ url });
  const since = performance.now();
  served.close(1001, 'going away');
  for (let sent = 0; sent < 100; sent += 1) client.send(Buffer.alloc(16 * 1024));
  expect(await client.closed).toEqual({ code: 1001, reason: 'going away' });
  // At the rate it may have, what it sent takes more than twenty seconds.
  expect(performance.now() - since).toBeLessThan(15_000);
});

it('ignores what an observer types and does not let it choose the size', async () => {
  const client = await WireClient.connect({ url, path: '/?role=observer&cols=1&rows=1' });
  client.send('rm -rf');
  session.put(Buffer.from('still watching'));
  expect((await received(client, 14)).toString()).toBe('still watching');
  expect([session.typed.length, session.sizes]).toEqual([0, []]);
});

describe('a request', () => {
  it('names where to begin, the role and the size', () => {
    expect(parseRawTerminalRequest('s', new URLSearchParams('from=17&role=observer&cols=80&rows=24'))).toEqual({
      sessionId: 's',
      from: 17,
      role: 'observer',
      size: { cols: 80, rows: 24 },
    });
    expect(parseRawTerminalRequest('s', new URLSearchParams('from=now'))).toEqual({
      sessionId: 's',
      from: 'now',
      role: 'driver',
      size: null,
    });
  });

  it('for a session that does not exist is refused as such', async () => {
    const request = parseRawTerminalRequest('gone', new URLSearchParams());
    await expect(RawTerminal.open(session.host, request, 'ada', containment)).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
  });
});
