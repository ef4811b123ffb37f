import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnDaemon, WireClient } from '@sessiond/testkit';
import parse from 'parse-prometheus-text-format';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { httpGet } from './http-get.ts';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

const PROMETHEUS = '/usr/bin/prometheus';

const shared = shareDaemon();

let client: TerminalClient;
beforeAll(async () => {
  client = await shared.connect();
  await client.runRaw('echo out; read line');
});

const deployed = (name: string): string => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url));

describe('GET /metrics', () => {
  it('needs the token on TCP, and nothing on the socket', async () => {
    const { url, token, socketPath } = shared.daemon;
    const refused = await httpGet({ url }, '/metrics');
    expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'UNAUTHENTICATED' });
    const byToken = await httpGet({ url }, '/metrics', { authorization: `Bearer ${token}` });
    expect(byToken).toMatchObject({
      status: 200,
      headers: { 'content-type': expect.stringContaining('text/plain; version=0.0.4') },
    });
    const bySocket = await httpGet({ socketPath }, '/metrics');
    expect(bySocket.status).toBe(200);
    const names = ({ body }: { body: string }) => parse(body).map(({ name, type }) => `${name} ${type}`);
    expect(names(bySocket)).toEqual(names(byToken));
  });

  it('is text that a parser reads, with the numbers of get_metrics', async () => {
    const { body } = await httpGet({ socketPath: shared.daemon.socketPath }, '/metrics');
    const families = new Map(parse(body).map((family) => [family.name, family]));
    expect(families.get('sessiond_session_count')).toMatchObject({
      type: 'GAUGE',
      metrics: [
        { labels: { kind: 'pty' }, value: '1' },
        { labels: { kind: 'agent' }, value: '0' },
      ],
    });
    expect(families.get('sessiond_limit')?.metrics).toContainEqual({ labels: { name: 'maxPtys' }, value: '300' });
    expect(families.get('sessiond_connection_count')?.metrics).toContainEqual({ labels: { kind: 'unix' }, value: '1' });
    const durations = families.get('sessiond_command_duration_seconds');
    expect(durations?.type).toBe('HISTOGRAM');
    const { metrics } = (await client.ask('get_metrics')) as { metrics: { name: string; value: number }[] };
    const read = metrics.find(({ name }) => name === 'sessiond.pty.io')?.value;
    expect(families.get('sessiond_pty_io_bytes_total')?.metrics).toContainEqual({
      labels: { direction: 'read' },
      value: String(read),
    });
  });

  it('is for reading only, and not for the pages of others', async () => {
    const { url, token } = shared.daemon;
    const authorization = `Bearer ${token}`;
    const posted = await fetch(`${url}/metrics`, { method: 'POST', headers: { authorization, connection: 'close' } });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(`${url}/metrics`, { method: 'HEAD', headers: { authorization, connection: 'close' } });
    expect([head.status, Number(head.headers.get('content-length')) > 1000, await head.text()]).toEqual([
      200,
      true,
      '',
    ]);
    const foreign = await httpGet({ url }, '/metrics', { authorization, origin: 'https://evil.net' });
    expect(foreign.status).toBe(403);
    const rebound = await httpGet({ url }, '/metrics', { authorization, host: 'evil.net' });
    expect(rebound.status).toBe(403);
  });

  it('says nothing that tells sessions, connections or people apart', async () => {
    const sessionId = await client.run('true', []);
    const { body } = await httpGet({ socketPath: shared.daemon.socketPath }, '/metrics');
    expect(body).not.toContain(sessionId);
    expect(body).not.toContain('owner');
    expect(body).not.toContain(shared.daemon.stateDir);
  });

  it('does not hold up a keystroke', async () => {
    const echo = await WireClient.connect({
      socketPath: shared.daemon.socketPath,
      path: `/v1/sessions/${await client.runRaw('cat')}/terminal`,
    });
    let scraping = true;
    const scraper = (async () => {
      while (scraping) await httpGet({ socketPath: shared.daemon.socketPath }, '/metrics');
    })();
    const median = async (): Promise<number> => {
      const roundTrips: number[] = [];
      for (let key = 0; key < 100; key++) {
        const sent = performance.now();
        echo.send('x');
        await echo.next();
        roundTrips.push(performance.now() - sent);
      }
      return roundTrips.sort((a, b) => a - b)[50]!;
    };
    // One scrape after the other is far more than a Prometheus asks for; even then nobody notices one. A busy machine gets some room, and some tries.
    let best = await median();
    for (let round = 0; round < 20 && best >= 100; round++) best = Math.min(best, await median());
    scraping = false;
    await scraper;
    echo.ws.terminate();
    expect(best).toBeLessThan(100);
  });
});

describe('stdio', () => {
  it('answers get_metrics from the same numbers', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sessiond-stdio-'));
    const child = spawnDaemon(['stdio', '--state-dir', dir], { homeDir: dir });
    try {
      child.stdin!.write('{"type":"get_metrics","id":"m"}\n');
      for await (const line of createInterface(child.stdout!)) {
        const message = JSON.parse(line) as { id?: string; data?: { metrics: object[]; limits: object } };
        if (message.id !== 'm') continue;
        expect(message.data?.limits).toMatchObject({ maxPtys: 300, bufferBytes: 4_194_304 });
        expect(message.data?.metrics).toContainEqual(
          expect.objectContaining({ name: 'sessiond.connection.count', labels: { kind: 'stdio' }, value: 1 }),
        );
        break;
      }
      const exited = once(child, 'exit');
      child.stdin!.end();
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      rmSync(dir, { recursive: true });
    }
  });
});

describe('a real Prometheus', () => {
  let dir: string;
  let server: ChildProcess | undefined;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sessiond-prometheus-'));
  });
  afterEach(async () => {
    if (server !== undefined) {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    }
    rmSync(dir, { recursive: true });
  });

  it('scrapes it with the configuration that comes with it, and takes the rules', async (context) => {
    if (!existsSync(PROMETHEUS)) context.skip(`needs ${PROMETHEUS}, of the package prometheus`);
    writeFileSync(join(dir, 'token'), shared.daemon.token);
    writeFileSync(join(dir, 'prometheus-rules.yml'), readFileSync(deployed('prometheus-rules.yml')));
    const config = readFileSync(deployed('prometheus-scrape.yml'), 'utf8')
      .replaceAll('/etc/prometheus/sessiond.token', join(dir, 'token'))
      .replace('127.0.0.1:3141', new URL(shared.daemon.url).host)
      .replace('15s', '1s\n    scrape_timeout: 1s');
    writeFileSync(join(dir, 'prometheus.yml'), config);
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, '--log.level=error'];
    server = spawn(PROMETHEUS, [...flags, `--web.listen-address=${address}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    server.once('exit', (code) => {
      if (code !== null) throw new Error(`Prometheus ended with ${code}`);
    });

    const up = await answer<QueryResult>(
      address,
      `query?query=${encodeURIComponent('sessiond_session_count{kind="pty"}')}`,
      (data) => data.result.length > 0,
    );
    expect(up.result[0]?.metric).toMatchObject({ job: 'sessiond', instance: new URL(shared.daemon.url).host });
    expect(Number(up.result[0]?.value[1])).toBeGreaterThan(0);
    const { groups } = await answer<Rules>(address, 'rules', ({ groups }) => groups.length > 0);
    expect(groups.flatMap(({ rules }) => rules.map(({ name }) => name))).toContain('SessiondEventLoopDelay');
  });
});

interface QueryResult {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly name: string }[] }[];
}

/** Asks the API of Prometheus until the answer is the one waited for; the time limit of the test is the only other end. */
async function answer<T>(address: string, path: string, isRight: (data: T) => boolean): Promise<T> {
  for (;;) {
    try {
      const response = await fetch(`http://${address}/api/v1/${path}`, { headers: { connection: 'close' } });
      const { data } = (await response.json()) as { data: T };
      if (isRight(data)) return data;
    } catch {
      // It is not up yet.
    }
    await delay(100);
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  return port;
}
