import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WireClient } from '@sessiond/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

const runtime = fileURLToPath(new URL('..', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-program-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Starts this program, runs a terminal in it, waits for an expression, and ends it. */
async function lives(program: string): Promise<void> {
  // A state of its own: what an earlier one remembers would be answered instead of done.
  const state = mkdtempSync(join(dir, 'state-'));
  const socketPath = join(state, 'd.sock');
  const child = spawn(program, ['--no-tcp', '--state-dir', state, '--socket', socketPath], {
    cwd: '/',
    env: { PATH: process.env['PATH'], HOME: dir },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const ended = once(child, 'exit');
  try {
    for await (const line of createInterface(child.stderr)) if (line.includes('"event":"ready"')) break;
    child.stderr.resume();
    const client = await WireClient.connect({ socketPath });
    const pty = { command: '/bin/sh', args: ['-c', 'echo a-1-b; cat'] };
    await client.command({ id: 'c', type: 'create_session', kind: 'pty', sessionId: 's', cwd: '/', pty });
    // In a thread of its own, whose program has to be found as well.
    expect(await client.command({ id: 'w', type: 'wait_for', sessionId: 's', regex: 'a-\\d-b' })).toMatchObject({
      data: { matched: 'regex' },
    });
    client.ws.terminate();
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
}

it('[S45] the binary works through a symbolic link', async () => {
  symlinkSync(join(runtime, 'bin', 'sessiond.js'), join(dir, 'sessiond'));
  await lives(join(dir, 'sessiond'));
});

it('[S45] the binary works from the packed tarball, unpacked below a path with blanks, also through a link to it', async () => {
  const home = join(dir, 'a path', 'with blanks');
  mkdirSync(home, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir], {
    cwd: runtime,
    stdio: 'pipe',
    // npm keeps compiled code in the folder for temporary files, from Node 22 on.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'))!;
  execFileSync('tar', ['-xzf', join(dir, tarball), '-C', home]);
  // What an installation would bring; all that is ours comes from the tarball.
  symlinkSync(join(runtime, 'node_modules'), join(home, 'package', 'node_modules'));
  await lives(join(home, 'package', 'bin', 'sessiond.js'));
  symlinkSync(join(home, 'package', 'bin', 'sessiond.js'), join(dir, 'linked'));
  await lives(join(dir, 'linked'));
});
