import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { FramePool } from './frame-pool.ts';
import type { TransportHandlers } from './transport.ts';
import { WebSocketTransport } from './websocket-transport.ts';

const MAX_MESSAGE_BYTES = 1000;

let dir: string;
let server: Server;
let client: WebSocket;
let socket: Socket;
let serverSide: WebSocket;
let transport: WebSocketTransport;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-ws-'));
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 2 * MAX_MESSAGE_BYTES,
  });
  server = createServer();
  const upgraded = new Promise<void>((resolve) => {
    server.on('upgrade', (request, upgradeSocket, head) => {
      socket = upgradeSocket as Socket;
      webSockets.handleUpgrade(request, upgradeSocket, head, (ws) => {
        serverSide = ws;
        ws.on('error', () => {});
        transport = new WebSocketTransport(ws, socket, {
          kind: 'unix',
          maxMessageBytes: MAX_MESSAGE_BYTES,
          frames: new FramePool(),
        });
        resolve();
      });
    });
  });
  const path = join(dir, 's');
  server.listen(path);
  await once(server, 'listening');
  client = new WebSocket(`ws+unix://${path}:/`, { perMessageDeflate: false });
  client.on('error', () => {});
  await Promise.all([once(client, 'open'), upgraded]);
});

afterEach(async () => {
  client.terminate();
  serverSide.terminate();
  server.close();
  await once(server, 'close');
  rmSync(dir, { recursive: true });
});

/** Records what the transport tells; `seen` resolves when an event of this kind arrived. */
function record(): {
  events: unknown[][];
  handlers: TransportHandlers;
  seen: (kind: string, count?: number) => Promise<void>;
} {
  const events: unknown[][] = [];
  const waiting: (() => void)[] = [];
  const add = (...event: unknown[]): void => {
    events.push(event);
    for (const check of waiting) check();
  };
  return {
    events,
    handlers: {
      onMessage: (text) => add('message', text),
      onFrame: (frame) => add('frame', Buffer.from(frame).toString('latin1')),
      onDrain: () => add('drain', transport.bufferedBytes),
      onReceived: () => {},
      onViolation: ({ code }) => add('violation', code),
      onClose: () => add('close'),
    },
    seen: (kind, count = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (events.filter(([name]) => name === kind).length >= count) resolve();
        };
        waiting.push(check);
        check();
      }),
  };
}

/** Collects what the client receives until there are `count` items. */
function receive(count: number): Promise<(string | Buffer)[]> {
  return new Promise((resolve) => {
    const items: (string | Buffer)[] = [];
    client.on('message', (data: RawData, isBinary) => {
      items.push(isBinary ? (data as Buffer) : data.toString());
      if (items.length === count) resolve(items);
    });
  });
}

function frameOf(payload: Uint8Array): Uint8Array {
  const buffer = transport.allocateFrame(payload.length);
  buffer.set(payload, buffer.length - payload.length);
  return buffer;
}

it('delivers messages and frames of every header size in the order of sending', async () => {
  transport.start(record().handlers);
  const texts = ['', 'é€𝄞', '\ud800', 'x'.repeat(125), 'x'.repeat(126), 'ü'.repeat(40_000)];
  const payloads = [0, 1, 125, 126, 65_535, 65_536].map((bytes) => Buffer.alloc(bytes, bytes & 0xff));
  const received = receive(texts.length + payloads.length);
  for (let at = 0; at < texts.length; at += 1) {
    transport.sendMessage(texts[at]!);
    transport.sendFrame(frameOf(payloads[at]!));
  }
  const expected = texts.flatMap((text, at) => [text === '\ud800' ? '\ufffd' : text, payloads[at]!]);
  expect(await received).toEqual(expected);
});

it('keeps frames whole between pings, pongs and sends of the library', async () => {
  transport.start(record().handlers);
  const rounds = 500;
  const received = receive(3 * rounds);
  let pongs = 0;
  serverSide.on('pong', () => {
    pongs += 1;
  });
  for (let round = 0; round < rounds; round += 1) {
    transport.sendMessage(`m${round}`);
    // `ws` ends a connection with more than 60 unanswered pings.
    if (round % 10 === 0) serverSide.ping('p'.repeat(round % 126));
    transport.sendFrame(frameOf(Buffer.alloc((round * 97) % 70_000, 1)));
    serverSide.send(`s${round}`);
    if (round % 10 === 5) client.ping();
    if (round % 50 === 0) await new Promise(setImmediate);
  }
  const items = await received;
  const texts = items.filter((item) => typeof item === 'string');
  expect(texts.filter((text) => text.startsWith('m'))).toEqual(
    Array.from({ length: rounds }, (_, round) => `m${round}`),
  );
  expect(texts.filter((text) => text.startsWith('s'))).toEqual(
    Array.from({ length: rounds }, (_, round) => `s${round}`),
  );
  expect(items.filter((item) => typeof item !== 'string').map((item) => item.length)).toEqual(
    Array.from({ length: rounds }, (_, round) => (round * 97) % 70_000),
  );
  const closed = once(serverSide, 'close');
  client.close();
  await closed;
  expect(pongs).toBe(rounds / 10);
});

it('writes the messages of one turn at once, and a frame without waiting', async () => {
  transport.start(record().handlers);
  const received = receive(101);
  const before = socket.bytesWritten;
  for (let count = 0; count < 100; count += 1) transport.sendMessage('{"type":"response"}');
  expect(socket.bytesWritten).toBe(before);
  transport.sendFrame(frameOf(Buffer.from('now')));
  expect(socket.bytesWritten).toBe(before + 100 * 21 + 5);
  expect(transport.bufferedBytes).toBe(0);
  expect(await received).toHaveLength(101);
});

it('gathers the messages of a turn, however many steps it has, and counts them as unsent until it is over', async () => {
  transport.start(record().handlers);
  const texts = ['', 'é€𝄞', '\ud834', '\udd1e', 'x'.repeat(126), 'ü'.repeat(70), 'y'.repeat(5000)];
  const lengths = [0, 9, 3, 3, 126, 140, 5000];
  const received = receive(texts.length);
  let writes = 0;
  const write = socket.write;
  socket.write = ((...args: Parameters<typeof write>) => {
    writes += 1;
    return write.apply(socket, args);
  }) as typeof write;
  expect(texts.slice(0, 4).map((text) => transport.sendMessage(text))).toEqual(lengths.slice(0, 4));
  expect(transport.bufferedBytes).toBe(15 + 4 * 2);
  await Promise.resolve();
  await Promise.resolve();
  expect(texts.slice(4).map((text) => transport.sendMessage(text))).toEqual(lengths.slice(4));
  expect([writes, transport.bufferedBytes]).toEqual([0, 15 + 5266 + 4 * 2 + 3 * 4]);
  await new Promise(process.nextTick);
  expect([writes, transport.bufferedBytes]).toEqual([1, 0]);
  expect(await received).toEqual(texts.map((text) => Buffer.from(text).toString()));
});

it('lets many messages of a turn go before its end, so that they do not pile up', async () => {
  transport.start(record().handlers);
  const received = receive(100);
  let most = 0;
  for (let count = 0; count < 100; count += 1) {
    transport.sendMessage('x'.repeat(1000));
    most = Math.max(most, transport.bufferedBytes - socket.writableLength);
  }
  expect(most).toBeLessThan(64 * 1024);
  expect(await received).toHaveLength(100);
});

it('sends messages in order when the client takes none for a while', async () => {
  const { handlers, seen } = record();
  transport.start(handlers);
  client.pause();
  const sent: string[] = [];
  while (socket.writableLength < 100_000) {
    for (let count = 0; count < 30; count += 1) {
      sent.push(`${sent.length} ${'x'.repeat(97)}`);
      transport.sendMessage(sent.at(-1)!);
    }
    await new Promise(setImmediate);
  }
  const received = receive(sent.length);
  client.resume();
  await seen('drain');
  expect(await received).toEqual(sent);
});

it('takes messages and frames, and gives a frame over the limit back as a violation', async () => {
  const { events, handlers, seen } = record();
  transport.start(handlers);
  client.send('not json {');
  client.send(Buffer.from('bytes'));
  client.send('x'.repeat(MAX_MESSAGE_BYTES + 1));
  client.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
  client.send('y'.repeat(MAX_MESSAGE_BYTES));
  await seen('message', 2);
  expect(events).toEqual([
    ['message', 'not json {'],
    ['frame', 'bytes'],
    ['violation', 'MESSAGE_TOO_LARGE'],
    ['violation', 'MESSAGE_TOO_LARGE'],
    ['message', 'y'.repeat(MAX_MESSAGE_BYTES)],
  ]);
});

it('tells how much was read, before what is made of it, also of what is refused', async () => {
  const { events, handlers, seen } = record();
  transport.start({ ...handlers, onReceived: (bytes) => events.push(['received', bytes]) });
  client.send('né');
  client.send(Buffer.alloc(7));
  client.send('x'.repeat(MAX_MESSAGE_BYTES + 1));
  await seen('violation');
  expect(events).toEqual([
    ['received', 3],
    ['message', 'né'],
    ['received', 7],
    ['frame', '\0'.repeat(7)],
    ['received', MAX_MESSAGE_BYTES + 1],
    ['violation', 'MESSAGE_TOO_LARGE'],
  ]);
});

it('reads nothing while it is paused, and goes on where it was', async () => {
  const { events, handlers, seen } = record();
  transport.start(handlers);
  transport.pauseReading();
  client.send('kept');
  // Its answer to a ping comes behind the message.
  const pinged = once(client, 'ping');
  serverSide.ping();
  await pinged;
  await new Promise(setImmediate);
  expect(events).toEqual([]);
  transport.resumeReading();
  await seen('message');
  expect(events).toEqual([['message', 'kept']]);
});

it('closes at once although somebody paused it, before or meanwhile', async () => {
  const { handlers, seen } = record();
  transport.start(handlers);
  transport.pauseReading();
  const since = performance.now();
  client.send('comes before the answer to the close');
  transport.close(1001, 'the end');
  transport.pauseReading();
  const [code] = await once(client, 'close');
  expect(code).toBe(1001);
  await seen('close');
  // Before the deadline of the closing handshake, which would end it too.
  expect(performance.now() - since).toBeLessThan(4_500);
});

it('ends with 1009 over the cap of the transport', async () => {
  const { events, handlers, seen } = record();
  transport.start(handlers);
  client.send('x'.repeat(2 * MAX_MESSAGE_BYTES + 1));
  const [code] = await once(client, 'close');
  await seen('close');
  expect([code, events]).toEqual([1009, [['close']]]);
});

it('loses nothing that was sent before it was started', async () => {
  client.send('early');
  client.send(Buffer.from('bird'));
  await once(client, 'pong', { signal: AbortSignal.timeout(100) }).catch(() => {});
  const { events, handlers, seen } = record();
  transport.start(handlers);
  await seen('frame');
  expect(events).toEqual([
    ['message', 'early'],
    ['frame', 'bird'],
  ]);
});

it('tells a close that came before the start', async () => {
  serverSide.terminate();
  await once(client, 'close');
  const { handlers, seen } = record();
  transport.start(handlers);
  await seen('close');
});

it('shows the bytes a stalled client has not taken, and drains exactly when there are none left', async () => {
  const { events, handlers, seen } = record();
  transport.start(handlers);
  client.pause();
  let sent = 0;
  while (transport.bufferedBytes === 0) {
    transport.sendFrame(frameOf(Buffer.alloc(1000)));
    sent += 1;
  }
  // Below Node's own mark, where it would never say `drain`.
  expect(transport.bufferedBytes).toBeLessThan(16_384);
  expect(events).toEqual([]);
  const received = receive(sent);
  client.resume();
  await seen('drain');
  expect(events).toEqual([['drain', 0]]);
  await received;
});

it('does not tell of a drain when the kernel took everything at once', async () => {
  const { events, handlers } = record();
  transport.start(handlers);
  const received = receive(20);
  for (let count = 0; count < 20; count += 1) transport.sendFrame(frameOf(Buffer.alloc(10)));
  await received;
  expect(events).toEqual([]);
});

it('closes after what was sent, once, with code and a reason that fits', async () => {
  const { events, handlers, seen } = record();
  transport.start(handlers);
  const received = receive(2);
  transport.sendFrame(frameOf(Buffer.from('last')));
  transport.sendMessage('words');
  transport.close(1001, 'ö'.repeat(100));
  transport.close(1000, 'again');
  transport.sendMessage('too late');
  transport.sendFrame(frameOf(Buffer.from('too late')));
  const [code, reason] = await once(client, 'close');
  expect(await received).toEqual([Buffer.from('last'), 'words']);
  expect([code, (reason as Buffer).length]).toEqual([1001, 122]);
  await seen('close');
  expect(events).toEqual([['close']]);
});

it('stays quiet when the client is gone in the middle of a send', async () => {
  const { events, handlers, seen } = record();
  transport.start(handlers);
  client.terminate();
  for (let count = 0; count < 50; count += 1) {
    transport.sendFrame(frameOf(Buffer.alloc(60_000)));
    transport.sendMessage('x');
    await new Promise(setImmediate);
  }
  await seen('close');
  expect(events.filter(([kind]) => kind !== 'drain')).toEqual([['close']]);
});
