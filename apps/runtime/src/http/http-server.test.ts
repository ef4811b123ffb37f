import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { generate } from 'selfsigned';
import { afterEach, expect, it } from 'vitest';
import { Containment } from '../containment.ts';
import { createProbes } from '../probes.ts';
import { createHttpServer, type HttpServerOptions } from './http-server.ts';
import type { Page } from './metrics-page.ts';

let server: Server;
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const nothing: Page = async (_request, response) => void response.end();

/** Starts a server and connects to it; resolves when the connection stands. */
async function connected(options: Partial<HttpServerOptions>) {
  server = createHttpServer({
    probes: createProbes('1.0.0', () => []),
    requestOrigin: { allowOrigin: [], host: '127.0.0.1', checkHost: true },
    maxConnections: 10,
    containment: new Containment(pino({ level: 'silent' })),
    metricsPage: nothing,
    commandsPage: nothing,
    ticketsPage: nothing,
    onRefused: () => {},
    onUpgrade: () => {},
    ...options,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

it.each([
  ['sends nothing', ''],
  ['never ends the head of its request', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-more: '],
  ['never sends the body it announced', 'POST /v1/commands HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n'],
])('cuts off a client that %s', async (_, said) => {
  const socket = await connected({ requestMs: 200, commandsPage: async () => {} });
  socket.write(said);
  expect(await text(socket)).toContain('408 Request Timeout');
});

it('cuts off a client that never finishes the handshake of TLS', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  const socket = await connected({ requestMs: 200, tls: { cert, key } });
  expect(await text(socket)).toBe('');
});
