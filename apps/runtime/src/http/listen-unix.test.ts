import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createProbes } from '../probes.ts';
import { listenUnix } from './listen-unix.ts';

let dir: string;
let path: string;
const servers: Server[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-unix-'));
  path = join(dir, 'run', 'd.sock');
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(dir, { recursive: true });
});

/** A server with the one answer that tells a daemon. */
function healthServer(): Server {
  const probes = createProbes('1.2.3', () => []);
  const server = createServer((_request, response) => response.end(JSON.stringify(probes.health())));
  servers.push(server);
  return server;
}

it('makes a socket that only we can reach, in a folder of ours', async () => {
  await listenUnix(healthServer(), path);
  expect(statSync(path).isSocket()).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'run')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(dir, 'run')).sort()).toEqual(['d.sock', 'd.sock.pid']);
});

it('refuses, naming the pid, while another daemon answers', async () => {
  await listenUnix(healthServer(), path);
  const before = lstatSync(path).ino;
  await expect(listenUnix(healthServer(), path)).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    exitCode: 75,
    message: expect.stringContaining(`process ${process.pid} already serves ${path}`),
  });
  expect(lstatSync(path).ino).toBe(before);
});

it('lets one of two starts at the same moment win', async () => {
  const results = await Promise.allSettled([listenUnix(healthServer(), path), listenUnix(healthServer(), path)]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('takes over the file of a daemon that was killed', async () => {
  mkdirSync(join(dir, 'run'));
  const code = `require('node:net').createServer().listen(process.argv[1], () => console.log('up'))`;
  const child = spawn(process.execPath, ['--eval', code, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(path)).toBe(true);
  await listenUnix(healthServer(), path);
  const client = connect(path);
  await once(client, 'connect');
  client.destroy();
});

it('names the last known pid when whoever holds the socket does not answer', async () => {
  const mute = createServer(() => {});
  servers.push(mute);
  await listenUnix(mute, path);
  await expect(listenUnix(healthServer(), path)).rejects.toThrow(
    `process ${process.pid} holds ${path} and does not answer`,
  );
});

it('leaves a file alone that is no socket', async () => {
  mkdirSync(join(dir, 'run'));
  writeFileSync(path, 'precious');
  await expect(listenUnix(healthServer(), path)).rejects.toThrow('a file that is no socket lies there');
  expect(statSync(path).size).toBe(8);
});

it('removes its socket once, and never that of a successor', async () => {
  const first = await listenUnix(healthServer(), path);
  rmSync(path);
  const second = await listenUnix(healthServer(), path);
  first.unlink();
  expect(existsSync(path)).toBe(true);
  second.unlink();
  second.unlink();
  expect(readdirSync(join(dir, 'run'))).toEqual([]);
});

it('keeps the socket of a successor when its own server closes', async () => {
  const server = healthServer();
  await listenUnix(server, path);
  rmSync(path);
  await listenUnix(healthServer(), path);
  server.close();
  await once(server, 'close');
  expect(existsSync(path)).toBe(true);
});

it('refuses a path the kernel would cut off', async () => {
  const long = join(dir, 'x'.repeat(108 - dir.length));
  await expect(listenUnix(healthServer(), long)).rejects.toThrow('the path needs 109 bytes, allowed are 107');
});
