import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { StartedDaemons, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { openCommand, postCommand } from './http-command.ts';

const daemons = new StartedDaemons();
afterEach(() => daemons.stop());

function start(...flags: string[]): Promise<TestDaemon> {
  return daemons.start({ flags });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const CREATE = { type: 'create_session', kind: 'pty', sessionId: 's', cwd: '/', pty: { command: '/bin/cat' } };

describe('POST /v1/commands', () => {
  it('runs one command and answers with its response, over the socket and over TCP with the token', async () => {
    const { socketPath, url, token } = await start();
    const created = await postCommand({ socketPath }, { id: 'c', ...CREATE });
    expect([created.status, created.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(created.body)).toMatchObject({
      type: 'response',
      id: 'c',
      success: true,
      data: { sessionId: 's' },
    });
    await postCommand({ url }, { type: 'input', sessionId: 's', data: 'hello\n' }, bearer(token));
    const waited = await postCommand({ url }, { type: 'wait_for', sessionId: 's', text: 'hello' }, bearer(token));
    expect([waited.status, JSON.parse(waited.body)]).toMatchObject([200, { success: true, data: { matched: 'text' } }]);
  });

  it('answers failures with the status of their code', async () => {
    const { socketPath } = await start();
    const statusOf = async (command: string | object): Promise<[number, unknown]> => {
      const { status, body } = await postCommand({ socketPath }, command);
      return [status, (JSON.parse(body) as { code: unknown }).code];
    };
    expect(await statusOf({ type: 'get_state', sessionId: 'none' })).toEqual([404, 'SESSION_NOT_FOUND']);
    expect(await statusOf({ type: 'get_state', sessionId: 5 })).toEqual([400, 'INVALID_COMMAND']);
    expect(await statusOf({ type: 'fly' })).toEqual([400, 'UNKNOWN_COMMAND']);
    expect(await statusOf('{"type":')).toEqual([400, 'INVALID_MESSAGE']);
    expect(await statusOf('')).toEqual([400, 'INVALID_MESSAGE']);
    // Decoded, it would type something else than was sent.
    const notText = Buffer.from('{"type":"input","sessionId":"s","data":"\xff"}', 'latin1');
    expect(await statusOf(notText)).toEqual([400, 'INVALID_MESSAGE']);
    await postCommand({ socketPath }, CREATE);
    expect(await statusOf(CREATE)).toEqual([409, 'SESSION_EXISTS']);
  });

  it('refuses with INVALID_COMMAND what needs a connection', async () => {
    const { socketPath } = await start();
    await postCommand({ socketPath }, CREATE);
    for (const type of ['attach', 'detach', 'switch_session', 'unsubscribe', 'hello']) {
      const { status, body } = await postCommand({ socketPath }, { type, sessionId: 's', protocolVersion: '1.0.0' });
      expect([type, status, JSON.parse(body)]).toMatchObject([type, 400, { success: false, code: 'INVALID_COMMAND' }]);
      expect(body).toContain('over HTTP');
    }
  });

  it('lets in whom it would let connect, and nobody else', async () => {
    const { url, token } = await start('--allow-origin', 'https://term.example.com');
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await postCommand({ url }, { type: 'health_check' }, headers)).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith(bearer('wrong'))).toBe(401);
    expect(await statusWith(bearer(token))).toBe(200);
    expect(await statusWith({ ...bearer(token), origin: 'https://evil.example.com' })).toBe(403);
    expect(await statusWith({ ...bearer(token), origin: 'https://term.example.com' })).toBe(200);
    expect(await statusWith({ ...bearer(token), host: 'evil.example.com' })).toBe(403);
    expect(await statusWith({ ...bearer(token), 'content-type': 'text/plain' })).toBe(415);
    expect((await fetch(`${url}/v1/commands`)).status).toBe(405);
  });

  it('reads no more than a message may have, announced or not', async () => {
    const { socketPath } = await start('--max-message-bytes', '1KiB');
    const long = JSON.stringify({ type: 'health_check', padding: 'x'.repeat(2000) });
    const announced = await postCommand({ socketPath }, long, { 'content-length': String(long.length) });
    expect([announced.status, JSON.parse(announced.body).code]).toEqual([413, 'MESSAGE_TOO_LARGE']);
    const asked = openCommand({ socketPath }, { 'transfer-encoding': 'chunked' });
    asked.write(long);
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(413);
    asked.destroy();
    expect((await postCommand({ socketPath }, { type: 'health_check' })).status).toBe(200);
  });

  it('says in a header when to try again', async () => {
    const { socketPath } = await start('--control-commands-per-minute', '1');
    await postCommand({ socketPath }, { type: 'list_sessions' });
    const { status, headers, body } = await postCommand({ socketPath }, { type: 'list_sessions' });
    const { code, retryAfterMs } = JSON.parse(body) as { code: string; retryAfterMs: number };
    expect([status, code]).toEqual([429, 'RATE_LIMITED']);
    expect(headers['retry-after']).toBe(String(Math.ceil(retryAfterMs / 1000)));
  });

  it('gives up waiting for whoever went away, and frees its place', async () => {
    const { socketPath } = await start('--max-connections', '3');
    await postCommand({ socketPath }, CREATE);
    const client = await WireClient.connect({ socketPath });
    const metrics = async (): Promise<Record<string, number>> => {
      const { data } = await client.command({ id: 'm', type: 'get_metrics' });
      const samples = (data as { metrics: { name: string; value: number; labels: Record<string, string> }[] }).metrics;
      return Object.fromEntries(samples.map(({ name, value, labels }) => [`${name} ${labels['code'] ?? ''}`, value]));
    };
    const waiting = openCommand({ socketPath });
    waiting.on('error', () => {});
    waiting.end(JSON.stringify({ type: 'wait_for', sessionId: 's', text: 'never' }));
    await expect.poll(async () => (await metrics())['sessiond.command.inflight ']).toBe(2);
    waiting.destroy();
    // The command that asks is the only one left.
    await expect.poll(async () => (await metrics())['sessiond.command.inflight ']).toBe(1);
    expect((await postCommand({ socketPath }, { type: 'health_check' })).status).toBe(200);
  });

  it('frees the places of pipelined requests when their connection is gone', async () => {
    const { socketPath } = await start('--max-connections', '2', '--connection-share-percent', '100');
    await postCommand({ socketPath }, CREATE);
    const body = JSON.stringify({ type: 'wait_for', sessionId: 's', text: 'never' });
    const head = `POST /v1/commands HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = connect(socketPath);
    socket.write(`${head}${body}`.repeat(2));
    const statusOfHealth = async (): Promise<number> => {
      return (await postCommand({ socketPath }, { type: 'health_check' })).status;
    };
    await expect.poll(statusOfHealth).toBe(503);
    socket.destroy();
    await expect.poll(statusOfHealth).toBe(200);
    // One place for this one, and the other for those who ask.
    await WireClient.connect({ socketPath });
    await expect.poll(statusOfHealth).toBe(200);
  });

  it('keeps the place of a client until it has read its answer', async () => {
    const { socketPath } = await start('--max-connections', '1');
    const script = 'head -c 1000000 /dev/zero | tr "\\0" x; echo done; cat';
    await postCommand({ socketPath }, { ...CREATE, pty: { command: '/bin/sh', args: ['-c', script] } });
    await postCommand({ socketPath }, { type: 'wait_for', sessionId: 's', text: 'done' });
    const reading = openCommand({ socketPath });
    reading.end(JSON.stringify({ type: 'read_output', sessionId: 's', maxBytes: 1_000_000 }));
    const [answer] = (await once(reading, 'response')) as [IncomingMessage];
    const other = await postCommand({ socketPath }, { type: 'health_check' });
    expect([other.status, JSON.parse(other.body).code]).toEqual([503, 'CAPACITY_EXCEEDED']);
    expect((await text(answer)).length).toBeGreaterThan(1_000_000);
    await expect.poll(async () => (await postCommand({ socketPath }, { type: 'health_check' })).status).toBe(200);
  });

  it('takes a place among the connections', async () => {
    const { socketPath } = await start('--max-connections', '1');
    const client = await WireClient.connect({ socketPath });
    const { status, headers, body } = await postCommand({ socketPath }, { type: 'health_check' });
    expect([status, headers['retry-after'], JSON.parse(body).code]).toEqual([503, '1', 'CAPACITY_EXCEEDED']);
    await client.close();
    await expect.poll(async () => (await postCommand({ socketPath }, { type: 'health_check' })).status).toBe(200);
  });
});

describe('the examples of the protocol documentation', () => {
  const examples = /### One command, one response[\s\S]*?```sh\n([\s\S]*?)```/
    .exec(readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8'))![1]!
    .trim()
    .split('\n');

  it('work with curl, in order', async (context) => {
    const curl = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '';
    if (Number(/^curl 7\.(\d+)/.exec(curl)?.[1] ?? (curl === '' ? 0 : 99)) < 82)
      context.skip('needs curl 7.82 or later');
    const { socketPath, url, token } = await start();
    const env = { PATH: process.env['PATH'], SOCKET: socketPath, URL: url, TOKEN: token };
    expect(examples).toHaveLength(4);
    for (const example of examples) {
      const child = spawn('sh', ['-c', `${example} --silent --show-error --fail-with-body`], { env });
      const [stdout, stderr, [exitCode]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit') as Promise<[number | null]>,
      ]);
      expect([example, exitCode, stderr]).toEqual([example, 0, '']);
      expect(JSON.parse(stdout), example).toMatchObject({ success: true });
    }
  });
});
