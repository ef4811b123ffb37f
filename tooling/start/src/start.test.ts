import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Pty, PtyManager } from '@sessiond/pty-core';
import { afterEach, beforeEach, expect, it } from 'vitest';

const START = fileURLToPath(new URL('start.mjs', import.meta.url));

let stateHome: string;
let env: Record<string, string>;

beforeEach(() => {
  stateHome = mkdtempSync(join(tmpdir(), 'start-'));
  env = { PATH: process.env['PATH']!, HOME: stateHome, XDG_STATE_HOME: stateHome, SHELL: '/bin/sh', TERM: 'xterm' };
});

afterEach(() => rmSync(stateHome, { recursive: true }));

/** Everything a terminal showed so far. */
function shown(pty: Pty): string {
  return Buffer.from(pty.output.readAt(pty.output.start, pty.output.end - pty.output.start)).toString();
}

/** Waits until the terminal has shown a text, and returns what the pattern's group matched. */
async function seen(pty: Pty, pattern: RegExp): Promise<string> {
  await expect.poll(() => shown(pty)).toMatch(pattern);
  return pattern.exec(shown(pty))?.[1] ?? '';
}

it('is the daemon itself where there is no terminal', async () => {
  const child = spawn(process.execPath, [START, '--port', '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = text(child.stdout);
  const log = text(child.stderr);
  await expect.poll(() => readIfThere(join(stateHome, 'sessiond/sessiond.sock.pid'))).toBe(`${child.pid}\n`);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(`${await output}${await log}`).toContain(`"pid":${child.pid}`);
});

it('passes the exit code of a daemon that cannot start on', async () => {
  const child = spawn(process.execPath, [START, '--port', '70000'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const errors = text(child.stderr);
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBeGreaterThan(0);
  expect(await errors).toContain('--port');
});

it('opens a shell in a terminal, leaves it running, and finds the daemon again', async () => {
  const terminals = new PtyManager();
  const open = (): Pty =>
    terminals.spawn({
      command: process.execPath,
      args: [START, '--port', '0'],
      env: { ...env, npm_lifecycle_event: 'start' },
    });
  let daemonPid: number | undefined;
  try {
    const first = open();
    daemonPid = Number(await seen(first, /stop it with: kill (\d+)/));
    await type(first, 'echo "npm:$npm_lifecycle_event:"');
    await seen(first, /\nnpm::\r/);
    first.write(Buffer.from('\x1dd'));
    await seen(first, /Come back with: npm run ctl -- attach (shell-\w+)/);
    expect(await first.stopped).toMatchObject({ exitCode: 0 });

    const second = open();
    expect(Number(await seen(second, /stop it with: kill (\d+)/))).toBe(daemonPid);
    await type(second, 'exit 3');
    expect(await second.stopped).toMatchObject({ exitCode: 3 });
    expect(shown(second)).not.toContain('Come back');
  } finally {
    await terminals.terminateAll();
    if (daemonPid !== undefined) process.kill(daemonPid, 'SIGTERM');
  }
});

it('shows the end of the log when the daemon does not start', async () => {
  const terminals = new PtyManager();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  try {
    const terminal = terminals.spawn({ command: process.execPath, args: [START, '--port', `${port}`], env, cols: 400 });
    expect(await terminal.stopped).toMatchObject({ exitCode: 1 });
    expect(shown(terminal)).toMatch(
      /did not start\. The end of its log, .*sessiond\.log:\r\n(?:.*\r\n)*sessiond: Cannot listen/,
    );
  } finally {
    await terminals.terminateAll();
    taken.close();
  }
});

/** Types a line once the shell has printed its prompt. */
async function type(pty: Pty, line: string): Promise<void> {
  await seen(pty, /[$#] $/);
  pty.write(Buffer.from(`${line}\r`));
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
