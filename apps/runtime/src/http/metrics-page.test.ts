import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuthProvider } from '../auth/auth-provider.ts';
import { Door } from '../auth/door.ts';
import { TokenAuth } from '../auth/token-auth.ts';
import { createMetricsPage } from './metrics-page.ts';

const TOKEN = 'a-token-of-thirty-two-characters';
const lines: { level: number }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
let auth: AuthProvider;
let expose: () => Promise<{ contentType: string; text: string }>;
let refusals: string[];
let server: Server;

beforeEach(async () => {
  auth = new TokenAuth(TOKEN);
  expose = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'a_total 1 # ü\n' });
  refusals = [];
  lines.length = 0;
  const page = createMetricsPage({
    door: new Door({
      provider: { authenticate: (request) => auth.authenticate(request) },
      onRefused: (reason) => refusals.push(reason),
      logger,
    }),
    expose: () => expose(),
    onRefused: (reason) => refusals.push(reason),
    logger,
  });
  server = createServer((request, response) => void page(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function get(headers: Record<string, string> = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, method, headers });
  asked.end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const allowed = { authorization: `Bearer ${TOKEN}` };

it('shows the numbers to whoever shows the token', async () => {
  const { status, headers, body } = await get(allowed);
  expect([status, body]).toEqual([200, 'a_total 1 # ü\n']);
  expect(headers).toMatchObject({
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': '15',
    'cache-control': 'no-store',
  });
  expect(await get(allowed, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': '15' }, body: '' });
  expect(refusals).toEqual([]);
});

it.each([
  ['nothing', {}],
  ['another token', { authorization: 'Bearer x' }],
])('shows them to nobody with %s', async (_, headers: Record<string, string>) => {
  const { status, body, ...answer } = await get(headers);
  expect([status, JSON.parse(body)]).toEqual([401, { code: 'UNAUTHENTICATED', error: expect.any(String) }]);
  expect(answer.headers['www-authenticate']).toBe('Bearer');
  expect(refusals).toEqual(['credentials']);
});

it('shows them to nobody who may not read the server', async () => {
  auth = { authenticate: async () => ({ ok: true, principal: { id: 'p', scopes: ['sessions:read'] } }) };
  expect(await get()).toMatchObject({ status: 403, body: expect.stringContaining('server:read') });
  expect(refusals).toEqual(['scope']);
  auth = { authenticate: async () => ({ ok: true, principal: { id: 'p', scopes: ['server:read'] } }) };
  expect(await get()).toMatchObject({ status: 200 });
});

it('counts a provider that fails as its own fault, not as that of who asked', async () => {
  auth = { authenticate: () => Promise.reject(new Error('the directory is down')) };
  const { status, body } = await get(allowed);
  expect([status, body]).toEqual([503, expect.stringContaining('try again')]);
  expect(body).not.toContain('directory');
  expect(refusals).toEqual(['provider']);
  expect(lines).toMatchObject([{ level: 50, err: { message: 'the directory is down' } }]);
});

it('says that it cannot, and logs why, when the numbers cannot be written', async () => {
  expose = () => Promise.reject(new Error('out of ink'));
  const { status, body } = await get(allowed);
  expect([status, JSON.parse(body)]).toMatchObject([500, { code: 'INTERNAL' }]);
  expect(body).not.toContain('ink');
  expect(lines).toMatchObject([{ level: 50, err: { message: 'out of ink' } }]);
});
