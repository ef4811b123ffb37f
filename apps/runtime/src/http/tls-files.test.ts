import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import pino from 'pino';
import { generate } from 'selfsigned';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadTls, TlsReload } from './tls-files.ts';

let pems: { cert: string; private: string }[];
beforeAll(async () => {
  const make = (name: string) => generate([{ name: 'commonName', value: name }], { keySize: 2048 });
  pems = [await make('first.example'), await make('second.example')];
});

const logged: { level: number; event?: string }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) });
let dir: string;
let paths: { cert: string; key: string };
let server: Server;
let reload: TlsReload | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-tls-'));
  paths = { cert: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
  logged.length = 0;
  put(0);
  const context = loadTls(paths);
  server = createServer(context, (_request, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  reload = new TlsReload(paths, context, server, logger);
});
afterEach(() => {
  reload?.close();
  server.close();
  rmSync(dir, { recursive: true });
});

/** Replaces both files as an agent for certificates does. */
function put(which: number): void {
  for (const [path, text] of [
    [paths.cert, pems[which]!.cert],
    [paths.key, pems[which]!.private],
  ] as const) {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}

async function served(options: object = {}): Promise<string> {
  const socket = connect({ port: (server.address() as AddressInfo).port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return String(name);
}

it('serves a new certificate when the files are replaced, without being told', async () => {
  expect(await served()).toBe('first.example');
  put(1);
  while ((await served()) !== 'second.example');
  expect(logged).toMatchObject([{ event: 'tls.reloaded' }]);
});

it('keeps the old one when the new one cannot be used, and says so', async () => {
  writeFileSync(paths.cert, pems[1]!.cert);
  reload!.reload();
  expect(await served()).toBe('first.example');
  expect(logged).toMatchObject([{ level: 50, event: 'tls.failed' }]);
  rmSync(paths.key);
  reload!.reload();
  expect(await served()).toBe('first.example');
});

it('says nothing of files that are the same', () => {
  reload!.reload();
  expect(logged).toEqual([]);
});

it('speaks no TLS before 1.2', async () => {
  await expect(served({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
});

it('does not start with files that are missing or do not belong together', () => {
  expect(() => loadTls({ ...paths, key: join(dir, 'none') })).toThrow(
    expect.objectContaining({
      name: 'StartupError',
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('ENOENT'),
    }),
  );
  writeFileSync(paths.key, pems[1]!.private);
  expect(() => loadTls(paths)).toThrow('they are no certificate and its key');
  writeFileSync(paths.key, 'hunter2');
  expect(() => loadTls(paths)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
});
