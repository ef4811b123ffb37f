import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where Debian puts the server. */
export const PROMETHEUS = '/usr/bin/prometheus';

/** What a server may take until it answers, on a machine that compiles something beside. */
const READY_MS = 60_000;

/** How often it asks for the numbers, and how long an answer may take. */
const SCRAPE = '500ms';

/** A real Prometheus that scrapes, with its data in a folder of its own. */
export interface PrometheusServer extends AsyncDisposable {
  /** Asks `GET /api/v1/<path>` until `isRight` says that the answer is the one waited for; the last answer if it never is. */
  ask(path: string, isRight: (data: unknown) => boolean): Promise<unknown>;
}

/** Starts a server on a free port that scrapes each address as a job of that name, twice a second. */
export async function startPrometheus(targets: Readonly<Record<string, string>>): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sessiond-prometheus-'));
  const config = {
    global: { scrape_interval: SCRAPE, scrape_timeout: SCRAPE },
    scrape_configs: Object.entries(targets).map(([job_name, address]) => ({
      job_name,
      static_configs: [{ targets: [address] }],
    })),
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const flags = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': join(folder, 'data'),
    'web.listen-address': address,
    'log.level': 'error',
  };
  const child = spawn(
    PROMETHEUS,
    Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exited = once(child, 'exit');

  const ask = async (path: string, isRight: (data: unknown) => boolean): Promise<unknown> => {
    const deadline = performance.now() + READY_MS;
    let data: unknown;
    while (performance.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}: ${log}`);
      data = await answerOf(`http://${address}/api/v1/${path}`);
      if (isRight(data)) break;
      await delay(50);
    }
    return data;
  };

  return {
    ask,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `undefined` while the server does not answer. */
async function answerOf(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    return response.ok ? ((await response.json()) as { data: unknown }).data : undefined;
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
