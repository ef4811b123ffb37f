import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rssBytes, sessionMembers, startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ended, type RunOptions, runCli, startCli } from './sessionctl.ts';

let daemon: TestDaemon;
let folder: string;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sessionctl-exec-')));
  daemon = await startDaemon();
  const args = ['run', '--detach', '--id', 's', '--env', 'COLOUR=green', '--', 'sleep', '600'];
  expect(await cli(args, { cwd: folder })).toMatchObject({ code: 0 });
});
afterAll(async () => {
  expect(await daemon.stop()).toMatchObject({ leftover: [] });
  rmSync(folder, { recursive: true });
});

function cli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runCli(args, { ...options, env: { SESSIOND_SOCKET: daemon.socketPath, ...options.env } });
}

function exec(...args: readonly string[]): Promise<Ended> {
  return cli(['exec', 's', ...args]);
}

/** Starts a command that says its pid, and waits for that. */
async function begin(line: string, ...options: readonly string[]) {
  const child = startCli(['exec', 's', '--shell', ...options, '--', `echo $$; ${line}`], {
    env: { SESSIOND_SOCKET: daemon.socketPath },
  });
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, pid: Number(said.toString()) };
}

describe('exec', () => {
  it("runs in the session's folder and environment, keeps stdout and stderr apart, and ends with the status", async () => {
    expect(await exec('--', 'sh', '-c', 'pwd; echo $COLOUR >&2; cat; exit 3')).toEqual({
      code: 3,
      signal: null,
      stdout: `${folder}\n`,
      stderr: 'green\n',
    });
    expect(await exec('--shell', 'echo one | tr a-z A-Z; kill -TERM $$')).toMatchObject({ code: 143, stdout: 'ONE\n' });
  });

  it('hands over arguments as they are, or a line of shell', async () => {
    const awkward = ["it's", '$HOME', '', 'a  b', '*', '--timeout', '-x'];
    expect(await exec('--', 'printf', '<%s>', ...awkward)).toMatchObject({
      code: 0,
      stdout: awkward.map((word) => `<${word}>`).join(''),
    });
    expect(await exec('printf', '<%s>', '--timeout', '5s')).toMatchObject({ code: 0, stdout: '<>' });
    expect(await exec('ls', '-l')).toMatchObject({ code: 2 });
    expect(await exec('--shell', 'echo', '$COLOUR', '|', 'rev')).toMatchObject({ code: 0, stdout: 'neerg\n' });
  });

  it('passes bytes on as they are, megabytes of them', async () => {
    const { stdout, stderr, code } = await exec(
      '--',
      'sh',
      '-c',
      'head -c 20000000 /dev/urandom | tee /dev/stderr | base64',
    );
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(26_000_000);
    expect(stderr.length).toBeGreaterThan(0);
  });

  it('is as slow as its reader, and holds little of what that has not read', async () => {
    const bytes = 100_000_000;
    const child = startCli(['exec', 's', '--shell', `head -c ${bytes} /dev/zero | tr '\\0' x; echo done >&2`], {
      env: { SESSIOND_SOCKET: daemon.socketPath },
    });
    await once(child.stdout!, 'readable');
    // Nothing tells that something does not happen: it stands still once its memory does.
    let before = 0;
    const stands = (): boolean => {
      const last = before;
      before = rssBytes(child.pid!);
      return before === last;
    };
    await expect.poll(stands, { interval: 300 }).toBe(true);
    expect(before).toBeLessThan(180_000_000);
    const result = await ended(child);
    expect(result).toMatchObject({ code: 0, stderr: 'done\n' });
    expect(result.stdout.length).toBe(bytes);
  }, 180_000);

  it('ends with 124 after --timeout, and the program with it', async () => {
    const { child, pid } = await begin('sleep 600 & sleep 600', '--timeout', '1500ms');
    const result = await ended(child);
    expect(result).toMatchObject({ code: 124, stderr: expect.stringContaining('did not finish within 1500 ms') });
    expect(sessionMembers(pid)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends the program, and nothing else, with %s', async (signal) => {
    const { child, pid } = await begin('sleep 600 & sleep 600');
    child.kill(signal);
    expect(await ended(child)).toMatchObject({ code: null, signal, stderr: '' });
    expect(sessionMembers(pid)).toEqual([]);
    expect(await cli(['info', 's', '--json'])).toMatchObject({ code: 0, stdout: expect.stringContaining('"active"') });
  });

  it('ends at the first Ctrl-C, also when nobody reads what it has printed', async () => {
    const { child, pid } = await begin('head -c 100000000 /dev/zero; sleep 600');
    child.stdout!.pause();
    let before = 0;
    const stands = (): boolean => {
      const last = before;
      before = rssBytes(child.pid!);
      return before === last;
    };
    await expect.poll(stands, { interval: 300 }).toBe(true);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
    expect(sessionMembers(pid)).toEqual([]);
  });

  it('ends, and the program with it, when its reader goes', async () => {
    const { child, pid } = await begin('yes; sleep 600');
    child.stdout!.destroy();
    expect(await ended(child)).toMatchObject({ code: 141, stderr: '' });
    await expect.poll(() => sessionMembers(pid)).toEqual([]);
  });

  it('ends the program when sessionctl is killed', async () => {
    const { child, pid } = await begin('sleep 600 & sleep 600');
    child.kill('SIGKILL');
    await expect.poll(() => sessionMembers(pid)).toEqual([]);
  });

  it('tells everything as JSON', async () => {
    const { stdout, code } = await exec('--json', '--shell', 'printf "ä\\n"; sleep 0.1; printf "\\377" >&2; exit 5');
    expect(code).toBe(5);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'output', stream: 'stdout', offset: 0, data: 'ä\n' },
      { type: 'output', stream: 'stderr', offset: 3, dataBase64: '/w==' },
      { type: 'exit', exitCode: 5, signal: null, totalBytes: 4, durationMs: expect.any(Number) },
    ]);
  });

  it('says what is wrong', async () => {
    expect(await exec('--', 'no-such-program')).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('not found'),
    });
    expect(await cli(['exec', 'nobody', '--', 'true'])).toMatchObject({ code: 66 });
    expect(await exec('--timeout', '5x', '--', 'true')).toMatchObject({ code: 2 });
    expect(await exec('--', '-x')).toMatchObject({ code: 2 });
    expect(await cli(['exec', 's'])).toMatchObject({ code: 2 });
  });
});
