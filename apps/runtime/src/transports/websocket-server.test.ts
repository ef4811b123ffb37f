import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ProtocolError } from '@sessiond/protocol';
import { type RefusedUpgrade, WireClient } from '@sessiond/testkit';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { allowAll } from '../auth/allow-all.ts';
import type { AuthProvider, AuthResult } from '../auth/auth-provider.ts';
import { OWNER } from '../auth/auth-provider.ts';
import { Authorizer } from '../auth/authorizer.ts';
import { Door } from '../auth/door.ts';
import { TokenAuth } from '../auth/token-auth.ts';
import { Traffic } from '../connections/traffic.ts';
import { Containment } from '../containment.ts';
import { createHttpServer } from '../http/http-server.ts';
import { createProbes } from '../probes.ts';
import { ConnectionPlaces } from './connection-places.ts';
import { HeartbeatWheel } from './heartbeat-wheel.ts';
import type { TerminalHost } from './raw-terminal.ts';
import { WebSocketServer, type WebSocketServerOptions } from './websocket-server.ts';

const noTerminals = {} as TerminalHost;
const logger = pino({ level: 'silent' });
const containment = new Containment(logger);

let server: Server | undefined;
let webSockets: WebSocketServer;
let heartbeat: HeartbeatWheel;
let refusals: string[];
let turnedAway: string[];

/** Listens on a free port; every connection answers a message with the same. */
async function listen(auth: AuthProvider = allowAll, options: Partial<WebSocketServerOptions> = {}): Promise<string> {
  refusals = [];
  turnedAway = [];
  heartbeat = new HeartbeatWheel({ heartbeatMs: 30_000, heartbeatTimeoutMs: 10_000 });
  webSockets = new WebSocketServer({
    maxConnections: 10,
    places: new ConnectionPlaces({ maxConnections: 10, connectionSharePercent: 90 }),
    containment,
    onTurnedAway: (reason) => turnedAway.push(reason),
    onLost: () => turnedAway.push('lost'),
    maxMessageBytes: 1024,
    heartbeat,
    terminals: noTerminals,
    authorizer: { fault: () => undefined },
    logger,
    traffic: new Traffic(),
    inputBytesPerSecond: null,
    onRefused: (reason) => refusals.push(reason),
    onConnection: (transport, principal) => {
      transport.sendMessage(JSON.stringify({ hello: principal.id }));
      transport.start({
        onMessage: (message) => transport.sendMessage(message),
        onFrame: () => {},
        onDrain: () => {},
        onReceived: () => {},
        onViolation: () => {},
        onClose: () => {},
      });
    },
    ...options,
  });
  const requestOrigin = { allowOrigin: ['https://term.example.com'], host: '127.0.0.1', checkHost: true };
  const door = new Door({ provider: auth, logger, onRefused: (reason) => refusals.push(reason) });
  const entrance = { kind: 'websocket', door, requestOrigin } as const;
  server = createHttpServer({
    probes: createProbes('1.2.3', () => []),
    requestOrigin,
    maxConnections: 10,
    containment,
    metricsPage: async () => {},
    commandsPage: async () => {},
    ticketsPage: async () => {},
    onRefused: (reason) => refusals.push(reason),
    onUpgrade: (request, socket, head) => void webSockets.upgrade(request, socket, head, entrance),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

afterEach(async () => {
  await webSockets.closeAll(1001, 'over', 100);
  server?.close();
  server?.closeAllConnections();
});

async function refusal(connecting: Promise<WireClient>): Promise<[number, string | undefined]> {
  const error = (await connecting.then(
    () => null,
    (reason: unknown) => reason,
  )) as RefusedUpgrade | null;
  return [error?.status ?? 0, error?.body?.code];
}

describe('who may connect', () => {
  const TOKEN = 'a-token-of-thirty-two-characters';

  it('is whoever shows the token in a header or as a subprotocol', async () => {
    const url = await listen(new TokenAuth(TOKEN));
    const byHeader = await WireClient.connect({ url, token: TOKEN });
    expect(await byHeader.nextMessage()).toEqual({ hello: 'owner' });
    const byProtocol = await WireClient.connect({ url, protocols: ['sessiond.v1', `sessiond.token.${TOKEN}`] });
    expect(await byProtocol.nextMessage()).toEqual({ hello: 'owner' });
    expect(byProtocol.ws.protocol).toBe('sessiond.v1');
  });

  it.each([
    ['nothing', {}],
    ['an empty token', { token: '' }],
    ['a prefix of the token', { token: TOKEN.slice(0, -1) }],
    ['more than the token', { token: `${TOKEN}x` }],
    ['another scheme', { headers: { authorization: `Basic ${TOKEN}` } }],
    ['the token in the URL', { path: `/v1/ws?token=${TOKEN}` }],
    ['another token as a subprotocol', { protocols: ['sessiond.v1', 'sessiond.token.x'] }],
  ])('is nobody with %s', async (_, target) => {
    const url = await listen(new TokenAuth(TOKEN));
    expect(await refusal(WireClient.connect({ url, ...target }))).toEqual([401, 'UNAUTHENTICATED']);
    expect(refusals).toEqual(['credentials']);
  });

  it('is no web page of someone else, and no name of someone else', async () => {
    const url = await listen();
    const { host } = new URL(url);
    expect(await refusal(WireClient.connect({ url, headers: { origin: 'https://evil.net' } }))).toEqual([
      403,
      'FORBIDDEN',
    ]);
    expect(await refusal(WireClient.connect({ url, headers: { host: 'rebound.evil.net' } }))).toEqual([
      403,
      'FORBIDDEN',
    ]);
    expect(refusals).toEqual(['origin', 'origin']);
    await WireClient.connect({ url, headers: { origin: 'https://term.example.com' } });
    await WireClient.connect({ url, headers: { origin: `http://${host}` } });
  });

  it('may watch a raw terminal without typing into it, if that is all a principal may', async () => {
    const watcher = { id: 'watcher', scopes: ['sessions:read'] };
    const terminals = {
      attach: async ({ role }: { role: string }) =>
        Promise.reject(new ProtocolError('INVALID_STATE', `attached as ${role}`)),
    } as unknown as TerminalHost;
    const authorizer = new Authorizer({ facts: (id) => ({ owner: id === 's' ? 'watcher' : 'somebody' }) });
    const options = { terminals, authorizer };
    const url = await listen({ authenticate: async () => ({ ok: true, principal: watcher }) }, options);
    const path = '/v1/sessions/s/terminal';
    const foreign = '/v1/sessions/foreign/terminal?role=observer';
    expect(await refusal(WireClient.connect({ url, path: foreign }))).toEqual([404, 'SESSION_NOT_FOUND']);
    expect(await refusal(WireClient.connect({ url, path }))).toEqual([403, 'FORBIDDEN']);
    expect(await refusal(WireClient.connect({ url, path: `${path}?role=observer` }))).toEqual([409, 'INVALID_STATE']);
  });

  it('is not known when the provider fails, and that is not the fault of the client', async () => {
    const url = await listen({ authenticate: () => Promise.reject(new Error('no directory')) });
    expect(await refusal(WireClient.connect({ url }))).toEqual([503, 'INTERNAL']);
  });
});

describe('what a client sends while it is authenticated', () => {
  it('is answered afterwards, in order', async () => {
    let admit: (result: AuthResult) => void = () => {};
    const url = await listen({
      authenticate: () =>
        new Promise((resolve) => {
          admit = resolve;
        }),
    });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    // A text frame with a mask of zero; the first two come right behind the request, the third later, all before any answer.
    const frame = (word: string): Buffer => Buffer.from([0x81, 0x83, 0, 0, 0, 0, ...Buffer.from(word)]);
    socket.write(Buffer.concat([frame('one'), frame('two')]));
    await until(() => webSockets.snapshot().admitting === 1);
    socket.write(frame('six'));
    await new Promise(setImmediate);
    admit({ ok: true, principal: OWNER });
    let received = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      received += chunk;
      if (received.endsWith('six')) break;
    }
    expect(received).toMatch(/^HTTP\/1\.1 101 /);
    expect(received.slice(received.indexOf('{'))).toBe('{"hello":"owner"}\x81\x03one\x81\x03two\x81\x03six');
  });
});

describe('how many may connect', () => {
  it('is bounded: one more is told to try later', async () => {
    const places = new ConnectionPlaces({ maxConnections: 2, connectionSharePercent: 100 });
    const url = await listen(allowAll, { places });
    const [one] = [await WireClient.connect({ url }), await WireClient.connect({ url })];
    const third = await WireClient.connect({ url });
    expect(await third.closed).toEqual({ code: 1013, reason: 'too many connections; try later' });
    await one.close();
    await until(() => webSockets.snapshot().open < 2);
    const fourth = await WireClient.connect({ url });
    expect(await fourth.nextMessage()).toEqual({ hello: 'owner' });
    expect(turnedAway).toEqual(['limit']);
  });

  it('is shared: one principal cannot take all places', async () => {
    const byName: AuthProvider = {
      authenticate: async ({ headers }) => ({ ok: true, principal: { id: String(headers['x-name']), scopes: ['*'] } }),
    };
    const places = new ConnectionPlaces({ maxConnections: 4, connectionSharePercent: 50 });
    const url = await listen(byName, { places });
    const connect = (name: string): Promise<WireClient> => WireClient.connect({ url, headers: { 'x-name': name } });
    for (const name of ['ada', 'ada']) expect(await (await connect(name)).nextMessage()).toEqual({ hello: name });
    expect((await (await connect('ada')).closed).code).toBe(1013);
    expect(await (await connect('bob')).nextMessage()).toEqual({ hello: 'bob' });
    expect(turnedAway).toEqual(['share']);
  });

  it('counts no connection twice, and none that did not come about', async () => {
    const places = new ConnectionPlaces({ maxConnections: 10, connectionSharePercent: 100 });
    const url = await listen(allowAll, { places });
    const client = await WireClient.connect({ url });
    await refusal(WireClient.connect({ url, path: '/nowhere' }));
    const half = connect(Number(new URL(url).port), '127.0.0.1');
    half.end('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    await once(half.resume(), 'close');
    expect(places.snapshot()).toEqual({ taken: 1, principals: 1 });
    await client.close();
    await until(() => places.snapshot().taken === 0);
  });
});

describe('an upgrade', () => {
  it.each([
    ['/nowhere', 404, 'UNKNOWN_COMMAND'],
    ['/v1/sessions//terminal', 404, 'UNKNOWN_COMMAND'],
    ['/v1/sessions/s/terminal?cols=0&rows=1', 400, 'INVALID_COMMAND'],
    ['/v1/sessions/s/terminal?cols=80', 400, 'INVALID_COMMAND'],
    ['/v1/sessions/s/terminal?from=-1', 400, 'INVALID_COMMAND'],
    ['/v1/sessions/s/terminal?role=root', 400, 'INVALID_COMMAND'],
  ])('to %s is refused with %i %s', async (path, status, code) => {
    const url = await listen();
    expect(await refusal(WireClient.connect({ url, path }))).toEqual([status, code]);
  });

  it('to something else than a WebSocket is refused', async () => {
    const url = await listen();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"INVALID_MESSAGE"/);
  });

  it('is refused while draining', async () => {
    const url = await listen();
    webSockets.drain();
    expect(await refusal(WireClient.connect({ url }))).toEqual([503, 'SHUTTING_DOWN']);
  });
});

describe('a heartbeat', () => {
  it('keeps a client that answers and ends one that does not, with 1001', async () => {
    const url = await listen();
    const alive = await WireClient.connect({ url });
    const dead = await WireClient.connect({ url });
    await alive.nextMessage();
    await dead.nextMessage();
    const pinged = once(alive.ws, 'ping');
    // A process that hangs: the kernel still takes bytes, nobody reads them.
    dead.ws.pause();
    for (let tick = 0; tick < 64; tick += 1) heartbeat.tick();
    await pinged;
    for (let tick = 0; tick < 64; tick += 1) {
      heartbeat.tick();
      await new Promise(setImmediate);
    }
    await until(() => webSockets.snapshot().open === 1);
    dead.ws.resume();
    expect((await dead.closed).code).toBe(1001);
    alive.send({ still: 'here' });
    expect(await alive.nextMessage()).toEqual({ still: 'here' });
  });
});

describe('the end', () => {
  it('tells everyone 1001 and cuts off those that do not listen', async () => {
    const url = await listen();
    const listens = await WireClient.connect({ url });
    const deaf = await WireClient.connect({ url });
    deaf.ws.pause();
    await webSockets.closeAll(1001, 'shutting down', 50);
    expect(await listens.closed).toEqual({ code: 1001, reason: 'shutting down' });
    expect(webSockets.snapshot()).toEqual({ open: 0, rawTerminals: 0, admitting: 0, draining: true });
    deaf.ws.terminate();
  });
});

describe('plain HTTP', () => {
  it('answers the probes, HEAD too, with headers that keep pages out', async () => {
    const url = await listen(new TokenAuth('not needed for probes at all'));
    const health = await fetch(`${url}/healthz`);
    expect(await health.json()).toMatchObject({ status: 'alive', pid: process.pid, version: '1.2.3' });
    expect(Object.fromEntries(health.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each([
    ['GET', '/nowhere', 404, 'UNKNOWN_COMMAND'],
    ['POST', '/healthz', 405, 'INVALID_COMMAND'],
    ['GET', '/v1/ws', 426, 'INVALID_MESSAGE'],
    ['GET', '/__proto__', 404, 'UNKNOWN_COMMAND'],
    ['GET', '//evil.net/healthz', 404, 'UNKNOWN_COMMAND'],
  ])('answers %s %s with %i %s', async (method, path, status, code) => {
    const url = await listen();
    const answer = await fetch(`${url}${path}`, { method });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('refuses a page that came by another name', async () => {
    const url = await listen();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: rebound.evil.net\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 [\s\S]*"FORBIDDEN"/);
  });
});
