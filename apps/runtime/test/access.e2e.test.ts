import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runDaemon, type StartDaemonOptions, startDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { createToken, type NewToken, revokeToken, tokenFilePath } from '@sessiond/token-file';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectedClients } from './connected-clients.ts';
import { httpGet } from './http-get.ts';
import type { TerminalClient } from './terminal-client.ts';

let dir: string;
let daemon: TestDaemon | undefined;
const clients = new ConnectedClients();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-access-'));
});
afterEach(async () => {
  clients.cut();
  await daemon?.stop();
  daemon = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: StartDaemonOptions = {}): Promise<TestDaemon> {
  daemon = await startDaemon({ stateDir: join(dir, 'state'), ...options });
  return daemon;
}

const ALL = ['server:read', 'sessions:read', 'sessions:write', 'sessions:create'] as const;

async function tokenFor(name: string, options: Partial<NewToken> = {}): Promise<string> {
  const { token } = await createToken(tokenFilePath(daemon!.stateDir), { name, scopes: ALL, ...options });
  return token;
}

function connect(token: string, path?: string): Promise<TerminalClient> {
  return clients.connect({ url: daemon!.url, token, ...(path !== undefined && { path }) });
}

const post = (path: string, token: string | undefined, body = '', headers: Record<string, string> = {}) =>
  fetch(`${daemon!.url}${path}`, {
    method: 'POST',
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== '' && { body }),
  });

/** What opens a WebSocket, byte for byte. */
function upgradeHead(headers = ''): Buffer {
  return Buffer.from(
    'GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
  );
}

/** A message of fewer than 126 bytes in a frame, masked with zeros. */
function frameOf(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

describe('[S43] a session of somebody else', () => {
  it('does not exist: in lists, commands, attachments, raw terminals', async () => {
    await start();
    const [ada, bob] = [await connect(await tokenFor('ada')), await connect(await tokenFor('bob'))];
    await ada.ask('create_session', { kind: 'pty', sessionId: 'secret', pty: { command: 'cat' } });
    expect(await bob.ask('list_sessions')).toEqual({ sessions: [] });
    const commands: [string, object][] = [
      ['get_state', {}],
      ['attach', {}],
      ['switch_session', { after: 0 }],
      ['input', { data: 'x' }],
      ['read_output', {}],
      ['terminate', {}],
      ['delete_session', {}],
      ['bash', { command: 'true' }],
    ];
    for (const [type, fields] of commands) {
      const [foreign, unknown] = await Promise.all(
        ['secret', 'nobody'].map((sessionId) => bob.command(type, { sessionId, ...fields })),
      );
      expect(foreign, type).toMatchObject({ success: false, code: 'SESSION_NOT_FOUND' });
      expect(foreign!['error']).toBe(String(unknown!['error']).replace('nobody', 'secret'));
      expect(Object.keys(foreign!)).toEqual(Object.keys(unknown!));
    }
    await expect(connect(await tokenFor('eve'), '/v1/sessions/secret/terminal')).rejects.toMatchObject({ status: 404 });
    expect(await ada.ask('get_state', { sessionId: 'secret' })).toMatchObject({ owner: 'token:ada' });
  });

  it('[S23] sends nobody else anything: no coming, no going, no event', async () => {
    await start();
    const [ada, bob] = [await connect(await tokenFor('ada')), await connect(await tokenFor('bob'))];
    const owner = await clients.connect({ socketPath: daemon!.socketPath });
    const sessionId = await ada.run('true', []);
    await ada.ask('delete_session', { sessionId });
    const own = await bob.run('true', []);
    await bob.ask('delete_session', { sessionId: own });
    await Promise.all(
      [bob, owner].map((client) =>
        client.until(() => client.eventsOf('session_deleted').some((event) => event['sessionId'] === own)),
      ),
    );
    expect(bob.eventsOf('session_created').map((event) => event['sessionId'])).toEqual([own]);
    expect(JSON.stringify(bob.messages)).not.toContain(sessionId);
    expect(owner.eventsOf('session_deleted').map((event) => event['sessionId'])).toEqual([sessionId, own]);
  });

  it('is reached by a pattern that its id matches, and only such ids may then be given', async () => {
    await start();
    const ada = await connect(await tokenFor('ada'));
    const ci = await connect(await tokenFor('ci', { sessions: ['ci-*'] }));
    for (const sessionId of ['ci-1', 'other']) {
      await ada.ask('create_session', { kind: 'pty', sessionId, pty: { command: 'cat' } });
    }
    expect(await ci.ask('get_state', { sessionId: 'ci-1' })).toMatchObject({ owner: 'token:ada' });
    expect(await ci.command('get_state', { sessionId: 'other' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await ci.command('create_session', { kind: 'pty', sessionId: 'mine' })).toMatchObject({ code: 'FORBIDDEN' });
    await ci.ask('create_session', { kind: 'pty', sessionId: 'ci-2', pty: { command: 'cat' } });
  });
});

describe('[S43] a token', () => {
  it('ends its raw terminals, too, when it is revoked', async () => {
    await start();
    const token = await tokenFor('gone');
    const client = await connect(token);
    const sessionId = await client.run('cat', []);
    const raw = await WireClient.connect({ url: daemon!.url, token, path: `/v1/sessions/${sessionId}/terminal` });
    await revokeToken(tokenFilePath(daemon!.stateDir), 'gone');
    expect(await raw.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^UNAUTHENTICATED/) });
    expect(await client.wire.closed).toMatchObject({ code: 1008 });
  });

  it('is good for nothing more once it is revoked, also where the closing handshake is not answered', async () => {
    await start();
    const socket = connectSocket(Number(new URL(daemon!.url).port), '127.0.0.1').setEncoding('latin1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    const until = async (said: string): Promise<void> => {
      while (!received.includes(said)) await once(socket, 'data');
    };
    socket.write(upgradeHead(`Authorization: Bearer ${await tokenFor('gone')}\r\n`));
    await until('server_ready');
    await revokeToken(tokenFilePath(daemon!.stateDir), 'gone');
    await until('UNAUTHENTICATED: The credential');
    const closeFrame = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    const late = frameOf({ type: 'create_session', kind: 'pty', sessionId: 'late' });
    socket.write(Buffer.concat([late, closeFrame]));
    await once(socket, 'close');
    const owner = await clients.connect({ socketPath: daemon!.socketPath });
    expect(await owner.ask('list_sessions')).toEqual({ sessions: [] });
  });

  it('gets no answer any more to what was sent over HTTP before it was revoked', async () => {
    await start();
    const owner = await clients.connect({ socketPath: daemon!.socketPath });
    await owner.ask('create_session', { kind: 'pty', sessionId: 'ci-1', pty: { command: 'cat' } });
    owner.wire.send({ type: 'hello', protocolVersion: '1.0.0', watchCommands: true });
    const token = await tokenFor('ci', { sessions: ['ci-*'] });
    const body = '{"type":"wait_for","sessionId":"ci-1","text":"never"}';
    const answer = post('/v1/commands', token, body, { 'content-type': 'application/json' });
    await owner.until(() => owner.eventsOf('command_started').length === 1);
    await revokeToken(tokenFilePath(daemon!.stateDir), 'ci');
    expect((await answer).status).toBe(401);
    expect(await (await answer).json()).toMatchObject({ code: 'UNAUTHENTICATED' });
    await owner.until(() => owner.eventsOf('command_finished').length === 1);
  });

  it('that expires ends its connections then', async () => {
    await start();
    const client = await connect(await tokenFor('short', { expiresAt: new Date(Date.now() + 1_000) }));
    expect(await client.wire.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('expired') });
  });

  it('of which many were guessed makes an address wait, but not a client that was let in before', async () => {
    await start({ flags: ['--auth-failures-per-minute', '3'] });
    const token = await tokenFor('good');
    await connect(token);
    const guess = () => httpGet({ url: daemon!.url }, '/metrics', { authorization: `Bearer ${Math.random()}` });
    const statuses: number[] = [];
    for (let number = 0; number < 5; number++) statuses.push((await guess()).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await guess()).headers['retry-after']).toMatch(/^[1-9]\d?$/);
    await connect(token);
  });
});

describe('[S43] a ticket', () => {
  it('lets a page in once, as its maker', async () => {
    await start();
    const answer = await post('/v1/tickets', await tokenFor('ada'));
    expect(answer.status).toBe(201);
    const { ticket, expiresInMs } = (await answer.json()) as { ticket: string; expiresInMs: number };
    expect(expiresInMs).toBe(30_000);
    const offer = { url: daemon!.url, protocols: ['sessiond.v1', `sessiond.ticket.${ticket}`] };
    const page = await WireClient.connect(offer);
    expect(page.ws.protocol).toBe('sessiond.v1');
    expect(await page.nextMessage()).toMatchObject({ data: { principal: { id: 'token:ada', scopes: [...ALL] } } });
    await expect(WireClient.connect(offer)).rejects.toMatchObject({ status: 401 });
    await page.close();
  });

  it('lets in with less when less was asked for, and is not made with more', async () => {
    await start();
    const token = await tokenFor('ada', { scopes: ['sessions:read', 'sessions:create'] });
    const answer = await post('/v1/tickets', token, '{"scopes":["sessions:read"]}');
    const { ticket } = (await answer.json()) as { ticket: string };
    const page = await WireClient.connect({
      url: daemon!.url,
      protocols: ['sessiond.v1', `sessiond.ticket.${ticket}`],
    });
    expect(await page.nextMessage()).toMatchObject({ data: { principal: { scopes: ['sessions:read'] } } });
    await page.close();
    expect((await post('/v1/tickets', token, '{"scopes":["admin"]}')).status).toBe(403);
    for (const body of ['[]', '{"scopes":["root"]}', '{"sessions":["a b"]}', 'nonsense']) {
      expect((await post('/v1/tickets', token, body)).status, body).toBe(400);
    }
    expect((await post('/v1/tickets', token, ' '.repeat(20_000))).status).toBe(413);
  });

  it('for less tells nothing of what its maker does beyond that, though their commands have the same ids', async () => {
    await start();
    const token = await tokenFor('ada', { scopes: [...ALL, 'commands:watch'] });
    const ada = await connect(token);
    await ada.ask('create_session', { kind: 'pty', sessionId: 'secret', pty: { command: 'cat' } });
    const read = { id: '1', sessionId: 'secret' };
    const [list, waiting] = [{ id: '2' }, { id: '3', sessionId: 'secret', text: 'never' }];
    await ada.command('get_state', read);
    await ada.command('list_sessions', list);
    const waited = ada.command('wait_for', waiting);
    const answer = await post('/v1/tickets', token, '{"sessions":["demo-*"]}');
    const { ticket } = (await answer.json()) as { ticket: string };
    const page = await clients.connect({
      url: daemon!.url,
      protocols: ['sessiond.v1', `sessiond.ticket.${ticket}`],
    });
    page.wire.send({ type: 'hello', protocolVersion: '1.0.0', watchCommands: true });
    expect(await page.command('get_state', read)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await page.command('list_sessions', list)).toMatchObject({ data: { sessions: [] } });
    expect(await page.ask('cancel_command', { commandId: '3' })).toMatchObject({ cancelled: false });
    expect(await page.ask('get_command_history')).toMatchObject({ entries: [] });
    expect(await page.command('wait_for', waiting)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await ada.command('bash', { sessionId: 'secret', command: 'true' });
    expect(await ada.ask('cancel_command', { commandId: '3' })).toMatchObject({ cancelled: true });
    await waited;
    await page.ask('health_check');
    expect(JSON.stringify(page.events)).not.toContain('secret');
  });

  it('is made for nobody who may not connect, and for no foreign page', async () => {
    await start();
    expect((await post('/v1/tickets', undefined)).status).toBe(401);
    expect((await post('/v1/tickets', daemon!.token, '', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await fetch(`${daemon!.url}/v1/tickets`)).status).toBe(405);
  });
});

describe('[S43] TLS', () => {
  it('is spoken with the certificate that was named, and a new one after SIGHUP', async () => {
    const [cert, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
    const put = async (name: string): Promise<void> => {
      const pems = await generate([{ name: 'commonName', value: name }], { keySize: 2048 });
      writeFileSync(cert, pems.cert);
      writeFileSync(key, pems.private);
    };
    await put('first.example');
    await start({ flags: ['--tls-cert', cert, '--tls-key', key] });
    expect(daemon!.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const served = async (): Promise<unknown> => {
      const asked = request(`${daemon!.url}/healthz`, { rejectUnauthorized: false, agent: false });
      asked.end();
      const [response] = await once(asked, 'response');
      const { subject } = response.socket.getPeerCertificate();
      expect(JSON.parse(await text(response))).toMatchObject({ status: 'alive' });
      return subject?.CN;
    };
    expect(await served()).toBe('first.example');
    await put('second.example');
    daemon!.signal('SIGHUP');
    while ((await served()) !== 'second.example');
    const reloaded = () => daemon!.logs().filter(({ event }) => event === 'tls.reloaded');
    // The log comes by another way than the certificate, and may be later.
    while (reloaded().length === 0) await served();
    expect(reloaded()).toHaveLength(1);
  });
});

describe('[S43] an address', () => {
  it('that is not in the list gets no further, whatever it shows', async () => {
    await start({ flags: ['--allow-ip', '192.0.2.0/24'] });
    await expect(connect(daemon!.token)).rejects.toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    await (await clients.connect({ socketPath: daemon!.socketPath })).close();
  });

  it('is the one that the proxy names, where there is one', async () => {
    await start({ flags: ['--allow-ip', '192.0.2.0/24', '--behind-proxy'] });
    const ask = (forwarded: string) =>
      httpGet({ url: daemon!.url }, '/metrics', {
        authorization: `Bearer ${daemon!.token}`,
        'x-forwarded-for': forwarded,
      });
    expect((await ask('203.0.113.1, 192.0.2.7')).status).toBe(200);
    expect((await ask('192.0.2.7, 203.0.113.1')).status).toBe(403);
    expect((await ask('')).status).toBe(403);
  });
});

describe('a provider of one`s own', () => {
  const moduleFile = (code: string): string => {
    const path = join(dir, 'auth.mjs');
    writeFileSync(path, code);
    return path;
  };
  const flags = (code: string): string[] => ['--auth', 'module', '--auth-module', moduleFile(code)];

  it('decides who comes in; one that fails is answered with 503', async () => {
    await start({
      flags: flags(`export const createAuthProvider = () => ({
        authenticate: async ({ headers }) => {
          if (headers['x-user'] === 'boom') throw new Error('no directory');
          return headers['x-user'] ? { ok: true, principal: { id: headers['x-user'], scopes: ['sessions:read'] } } : { ok: false, message: 'say who you are' };
        },
      });`),
    });
    const as = (user: string) => WireClient.connect({ url: daemon!.url, headers: { 'x-user': user } });
    expect(await (await as('ada')).nextMessage()).toMatchObject({ data: { principal: { id: 'ada' } } });
    await expect(as('boom')).rejects.toMatchObject({ status: 503, body: { code: 'INTERNAL' } });
    await expect(WireClient.connect({ url: daemon!.url })).rejects.toMatchObject({ status: 401 });
  });

  it('[S46] may be slow: what is sent meanwhile is answered, in order, also what came with the upgrade itself', async () => {
    await start({
      flags: flags(`export const createAuthProvider = () => ({
        authenticate: () => new Promise((resolve) => setTimeout(resolve, 300, { ok: true, principal: { id: 'ada', scopes: ['*'] } })),
      });`),
    });
    const socket = connectSocket(Number(new URL(daemon!.url).port), '127.0.0.1');
    const frame = (id: string): Buffer => frameOf({ type: 'health_check', id });
    // In one piece, so that the first two are already there when the request is seen.
    socket.write(Buffer.concat([upgradeHead(), frame('one'), frame('two')]));
    socket.write(frame('three'));
    let received = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      received += chunk;
      if (received.includes('"id":"three"')) break;
    }
    expect([...received.matchAll(/"type":"response","id":"(\w+)"/g)].map(([, id]) => id)).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(received.indexOf('server_ready')).toBeLessThan(received.indexOf('"one"'));
  });

  it('that cannot be loaded is named, and nothing is started', async () => {
    const args = ['--state-dir', join(dir, 's'), '--no-socket', '--port', '0', ...flags('export const x = 1;')];
    const { stderr, exitCode } = await runDaemon(args, { homeDir: dir });
    expect(exitCode).toBe(78);
    expect(stderr).toContain(
      `Cannot use the authentication module ${join(dir, 'auth.mjs')}: it exports no function createAuthProvider`,
    );
  });
});

describe('the audit log', () => {
  it('says who did what and who was refused, and nothing of what they sent', async () => {
    const path = join(dir, 'audit.jsonl');
    await start({ flags: ['--audit-log', path] });
    const ada = await connect(await tokenFor('ada'));
    const bob = await connect(await tokenFor('bob', { scopes: ['sessions:read'] }));
    await ada.ask('create_session', {
      kind: 'pty',
      sessionId: 's',
      pty: { command: 'cat', args: [] },
      env: { SECRET: 'hunter2' },
    });
    await ada.ask('input', { sessionId: 's', data: 'hunter2' });
    await bob.command('create_session', { kind: 'pty' });
    await bob.command('get_state', { sessionId: 's' });
    await expect(connect('wrong')).rejects.toMatchObject({ status: 401 });
    await post('/v1/tickets', daemon!.token);
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (event: string) => lines.filter((line) => line['event'] === event);
    expect(of('command')).toMatchObject([
      { command: 'create_session', code: 'OK', sessionId: 's', principalId: 'token:ada', remoteAddress: '127.0.0.1' },
    ]);
    expect(of('refused')).toMatchObject([
      { action: 'create_session', reason: 'scope', code: 'FORBIDDEN', principalId: 'token:bob' },
      { action: 'get_state', reason: 'session', code: 'SESSION_NOT_FOUND', sessionId: 's', principalId: 'token:bob' },
      { action: '/v1/ws', reason: 'credentials', code: 'UNAUTHENTICATED', remoteAddress: '127.0.0.1' },
    ]);
    expect(of('ticket.created')).toMatchObject([{ principalId: 'owner' }]);
    expect(of('connected').map(({ principalId }) => principalId)).toEqual(['token:ada', 'token:bob']);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

it('[S43] listens on this machine only, wants a token over TCP, and lets no foreign page in, when nothing is said', async () => {
  await start();
  expect(new URL(daemon!.url).hostname).toBe('127.0.0.1');
  await expect(WireClient.connect({ url: daemon!.url })).rejects.toMatchObject({ status: 401 });
  const token = daemon!.token;
  const headers = { origin: 'https://evil.example' };
  await expect(WireClient.connect({ url: daemon!.url, token, headers })).rejects.toMatchObject({ status: 403 });
  for (const [flags, sentence] of [
    [['--host', '0.0.0.0'], 'is not a loopback address'],
    [['--host', '0.0.0.0', '--behind-proxy', '--auth', 'none'], 'could run commands as you'],
    [['--tls-cert', '/c'], 'TLS needs both'],
  ] as const) {
    const args = ['--state-dir', join(dir, 's2'), '--no-socket', '--port', '0', ...flags];
    const { stderr, exitCode } = await runDaemon(args, { homeDir: dir });
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining(sentence)]);
  }
});
