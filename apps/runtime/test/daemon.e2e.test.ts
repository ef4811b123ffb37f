import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  type DaemonRun,
  isAlive,
  runDaemon,
  type StartDaemonOptions,
  StartedDaemons,
  spawnDaemon,
  type TestDaemon,
  WireClient,
} from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const daemons = new StartedDaemons();
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-e2e-'));
});
afterEach(async () => {
  await daemons.stop();
  rmSync(dir, { recursive: true });
});

function start(options: StartDaemonOptions = {}): Promise<TestDaemon> {
  return daemons.start(options);
}

/** Runs `sessiond` to its end. */
function run(args: readonly string[], env: Record<string, string> = {}): Promise<DaemonRun> {
  return runDaemon(args, { homeDir: dir, env });
}

async function createShell(client: WireClient, sessionId: string, command: string): Promise<number> {
  const pty = { command: '/bin/sh', args: ['-c', command] };
  const response = await client.command({
    id: sessionId,
    type: 'create_session',
    kind: 'pty',
    sessionId,
    cwd: dir,
    pty,
  });
  const { session } = response['data'] as { session: { pid: number } };
  return session.pid;
}

function statOf(pid: number): { pid: number; startedAt: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { pid, startedAt: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! };
}

describe('a daemon', () => {
  it('[S01] is reached over TCP with its token, over its socket without, and greets first', async () => {
    const { url, token, socketPath, stateDir, pid } = await start();
    expect(statSync(join(stateDir, 'token')).mode & 0o777).toBe(0o600);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    for (const target of [{ url, token }, { socketPath }]) {
      const client = await WireClient.connect(target);
      expect(await client.nextMessage()).toMatchObject({
        type: 'server_ready',
        data: { protocolVersion: '1.0.0', principal: { id: 'owner' }, transports: ['websocket', 'unix'] },
      });
      await client.close();
    }
    await expect(WireClient.connect({ url })).rejects.toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'alive', pid });
  });

  it('[S09] [S10] answers broken JSON and oversize messages with a code and goes on', async () => {
    const { socketPath } = await start({ flags: ['--max-message-bytes', '1KiB'] });
    const client = await WireClient.connect({ socketPath });
    await client.nextMessage();
    client.send('{"type":');
    expect(await client.nextMessage()).toMatchObject({ type: 'response', success: false, code: 'INVALID_MESSAGE' });
    client.send('x'.repeat(1025));
    expect(await client.nextMessage()).toMatchObject({ type: 'response', success: false, code: 'MESSAGE_TOO_LARGE' });
    expect(await client.command({ id: '1', type: 'health_check' })).toMatchObject({ success: true });
    client.send('x'.repeat(2049));
    expect((await client.closed).code).toBe(1009);
  });

  it('does not start twice on one socket, and names the pid that is in the way', async () => {
    const { socketPath, pid, stateDir } = await start();
    const second = await run(['--socket', socketPath, '--no-tcp', '--state-dir', stateDir]);
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toContain(`process ${pid} already serves ${socketPath}`);
    expect((await WireClient.connect({ socketPath })).ws.readyState).toBe(1);
  });

  it('names the daemon that has the port', async () => {
    const { url, pid } = await start();
    const { port } = new URL(url);
    const second = await run(['--port', port, '--state-dir', join(dir, 's')]);
    expect([second.exitCode, second.stderr]).toEqual([
      69,
      expect.stringContaining(`Cannot listen on 127.0.0.1:${port}: sessiond with pid ${pid} is there`),
    ]);
    expect(existsSync(join(dir, 's', 'sessiond.sock'))).toBe(false);
  });

  it('ends what clients began on the socket while it finds out that it cannot have the port', async () => {
    // Takes connections and says nothing, so that it takes a while until nobody is known to be there.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const socketPath = join(dir, 'd.sock');
    const ended = run(['--port', String(port), '--state-dir', join(dir, 's'), '--socket', socketPath]);
    await expect.poll(() => existsSync(socketPath), { interval: 5 }).toBe(true);
    const client = await WireClient.connect({ socketPath });
    const pid = await createShell(client, 'early', 'trap "" HUP TERM; while :; do sleep 0.05; done');
    const closed = client.closed;
    expect((await ended).exitCode).toBe(69);
    expect(await closed).toMatchObject({ code: 1001 });
    expect([existsSync(`/proc/${pid}`), existsSync(socketPath)]).toEqual([false, false]);
    silent.close();
  });

  it('takes over the socket of one that was killed, with the same token', async () => {
    const first = await start({ stateDir: join(dir, 'state'), flags: ['--socket', join(dir, 'd.sock')] });
    await first.kill();
    expect(existsSync(first.socketPath)).toBe(true);
    const second = await start({ stateDir: join(dir, 'state'), flags: ['--socket', first.socketPath] });
    expect([second.socketPath, second.token]).toEqual([first.socketPath, first.token]);
    await (await WireClient.connect({ socketPath: first.socketPath })).close();
  });

  it('lets exactly one of several starts on one socket win', async () => {
    const socketPath = join(dir, 'one.sock');
    const flags = ['--socket', socketPath];
    const starts = await Promise.allSettled([start({ flags }), start({ flags }), start({ flags })]);
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of starts) {
      if (result.status === 'rejected')
        expect(String(result.reason)).toMatch(/ended with 75|already serves|is starting one/);
    }
    await (await WireClient.connect({ socketPath })).close();
  });

  it('ends a client that is gone without a word, and keeps one that answers', async () => {
    // The one that answers has a second for it.
    const { socketPath } = await start({ flags: ['--heartbeat-ms', '1000', '--heartbeat-timeout-ms', '1000'] });
    const alive = await WireClient.connect({ socketPath });
    const deaf = connect(socketPath);
    deaf.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    deaf.resume();
    await once(deaf, 'close');
    expect(alive.ws.readyState).toBe(1);
    let asked = 0;
    const health = (): Promise<Record<string, unknown>> => alive.command({ id: `h${asked++}`, type: 'health_check' });
    await expect.poll(health).toMatchObject({ data: { connections: 1 } });
  });
});

describe('the end of a daemon', () => {
  it('by SIGTERM tells everyone, ends the children, removes the socket and exits with 0', async () => {
    const { socketPath, url, token, stop } = await start();
    const client = await WireClient.connect({ url, token });
    const child = statOf(await createShell(client, 'sleeper', 'sleep 1000'));
    const ending = stop();
    await client.messageWhere(({ event }) => (event as { type?: string } | undefined)?.type === 'server_shutdown');
    expect((await client.closed).code).toBe(1001);
    expect(await ending).toMatchObject({ exitCode: 0, leftover: [] });
    expect([existsSync(socketPath), isAlive(child)]).toEqual([false, false]);
  });

  it('takes no new clients while a stubborn child still runs, and is over at once with a second signal', async () => {
    const { socketPath, url, signal, ended } = await start({ flags: ['--grace-ms', '60000', '--drain-ms', '60000'] });
    const client = await WireClient.connect({ socketPath });
    const child = statOf(await createShell(client, 'stubborn', 'trap "" TERM HUP INT; while :; do sleep 0.1; done'));
    signal('SIGTERM');
    await client.messageWhere(({ event }) => (event as { type?: string } | undefined)?.type === 'server_shutdown');
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await expect(WireClient.connect({ socketPath })).rejects.toMatchObject({ status: 503 });
    signal('SIGTERM');
    expect(await ended).toMatchObject({ exitCode: 1, leftover: [] });
    expect([isAlive(child), existsSync(socketPath)]).toEqual([false, false]);
  });
});

describe('a wrong start', () => {
  it.each([
    [['--port', '70000'], 78, 'Cannot use option port from the flag --port: found 70,000'],
    [['--host', '0.0.0.0', '--auth', 'none'], 78, 'use --auth token, or --host 127.0.0.1'],
    [['--host', '0.0.0.0'], 78, '--behind-proxy'],
    [['--prot', '1'], 2, "unknown option '--prot'"],
    [['serve'], 2, 'error:'],
    [['--config', '/nowhere/c.json'], 78, 'Cannot read the configuration file /nowhere/c.json: ENOENT'],
    [['--socket', `/tmp/${'x'.repeat(120)}`], 78, 'allowed are 107'],
  ])('with %j exits with %i and says why in one line', async (args, exitCode, sentence) => {
    const result = await run(args);
    expect(result.stderr).toContain(sentence);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it('with a token that others can read is refused', async () => {
    const stateDir = join(dir, 'state');
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'token'), 'x'.repeat(43));
    chmodSync(join(stateDir, 'token'), 0o644);
    const { exitCode, stderr } = await run(['--state-dir', stateDir, '--port', '0']);
    expect([exitCode, stderr]).toEqual([77, expect.stringContaining('run: chmod 600')]);
    expect(existsSync(join(stateDir, 'sessiond.sock'))).toBe(false);
  });
});

describe('sessiond config', () => {
  it('shows each value and where it came from', async () => {
    mkdirSync(join(dir, '.config', 'sessiond'), { recursive: true });
    writeFileSync(join(dir, '.config', 'sessiond', 'config.json'), '{"maxPtys": 7, "graceMs": 8}');
    const result = await run(['config', '--json', '--port', '9'], { SESSIOND_GRACE_MS: '10' });
    const rows = JSON.parse(result.stdout) as { option: string; value: unknown; origin: string }[];
    const shown = Object.fromEntries(rows.map(({ option, value, origin }) => [option, [value, origin]]));
    expect(shown).toMatchObject({
      port: [9, 'flag'],
      graceMs: [10, 'environment'],
      maxPtys: [7, 'file'],
      host: ['127.0.0.1', 'default'],
      socket: [join(dir, '.local/state/sessiond/sessiond.sock'), 'default'],
    });
  });

  it('prints a table for people', async () => {
    const { stdout, exitCode } = await run(['--no-tcp', '--idle-timeout-ms', 'never', 'config']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^no-tcp +true +flag$/m);
    expect(stdout).toMatch(/^buffer-bytes +4194304 +default$/m);
    expect(stdout).toMatch(/^idle-timeout-ms +never +flag$/m);
  });
});

describe('sessiond stdio', () => {
  it('serves one client on its streams, writes nothing else to stdout, and ends with it', async () => {
    const child = spawnDaemon(['stdio'], { homeDir: dir });
    const ended = once(child, 'exit');
    const errors = text(child.stderr!);
    let received = '';
    child.stdout!.setEncoding('utf8');
    const answered = new Promise<void>((resolve) => {
      child.stdout!.on('data', (chunk: string) => {
        received += chunk;
        if (received.includes('"id":"h"')) resolve();
      });
    });
    child.stdin!.write('{"type":\n{"type":"health_check","id":"h"}\n');
    await answered;
    child.stdin!.end();
    expect(await ended).toEqual([0, null]);
    const messages = received
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(messages.map(({ type, id, code }) => [type, id, code])).toEqual(
      expect.arrayContaining([
        ['server_ready', undefined, undefined],
        ['response', undefined, 'INVALID_MESSAGE'],
        ['response', 'h', undefined],
      ]),
    );
    for (const line of (await errors).trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('answers everything of a client that sends more than it may, and stays until it has', async () => {
    const child = spawnDaemon(['stdio', '--input-bytes-per-second', '64KiB'], { homeDir: dir });
    const ended = once(child, 'exit');
    const received = text(child.stdout!);
    child.stdin!.write(`{"type":"get_state","id":"large","sessionId":"none","padding":"${'x'.repeat(100 * 1024)}"}\n`);
    child.stdin!.end('{"type":"health_check","id":"behind"}\n');
    expect(await ended).toEqual([0, null]);
    const ids = (await received).split('\n').flatMap((line) => /"type":"response","id":"(\w+)"/.exec(line)?.[1] ?? []);
    expect(ids).toEqual(['large', 'behind']);
  });

  it('ends in order, programs and all, when the terminal it was started in is closed', async () => {
    const child = spawnDaemon(['stdio', '--grace-ms', '100'], { homeDir: dir });
    const ended = once(child, 'exit');
    const script = 'trap "" HUP TERM; echo up; while :; do sleep 0.05; done';
    const pty = { command: '/bin/sh', args: ['-c', script] };
    const commands = [
      { id: 'create', type: 'create_session', kind: 'pty', sessionId: 's', cwd: '/', pty },
      { id: 'up', type: 'wait_for', sessionId: 's', text: 'up' },
      { id: 'state', type: 'get_state', sessionId: 's', dependsOn: ['up'] },
    ];
    for (const command of commands) child.stdin!.write(`${JSON.stringify(command)}\n`);
    let pid = 0;
    for await (const line of createInterface({ input: child.stdout! })) {
      const { id, data } = JSON.parse(line) as { id?: string; data?: { pid: number } };
      if (id !== 'state') continue;
      pid = data!.pid;
      child.kill('SIGHUP');
    }
    expect(await ended).toEqual([0, null]);
    expect([pid > 0, existsSync(`/proc/${pid}`)]).toEqual([true, false]);
  });
});

describe('the program file', () => {
  it('prints help and version to stdout and exits with 0', async () => {
    const help = await run(['--help']);
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('--buffer-bytes <bytes>');
    const { version } = JSON.parse(
      readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'),
    ) as { version: string };
    expect(await run(['--version'])).toEqual({ exitCode: 0, stderr: '', stdout: `${version}\n` });
  });
});
