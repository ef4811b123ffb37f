import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rssBytes, startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ended, type RunOptions, runCli, startCli } from './sessionctl.ts';

let daemon: TestDaemon;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sessionctl-'));
  daemon = await startDaemon();
});
afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

function cli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runCli(args, { ...options, env: { SESSIOND_SOCKET: daemon.socketPath, ...options.env } });
}

function linesOf(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('run without a terminal', () => {
  it('puts out what the program wrote, byte for byte, and nothing else', async () => {
    const result = await cli(['run', '--', 'printf', 'one\\ntwo\\377\\000end']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toBe(Buffer.from('one\r\ntwo\xff\x00end', 'latin1').toString());
  });

  it('ends with the status of the program, 128+n for signals', async () => {
    const statuses = await Promise.all(
      ['exit 0', 'exit 3', 'kill -9 $$', 'kill -SEGV $$'].map((script) => cli(['run', '--', 'sh', '-c', script])),
    );
    expect(statuses.map(({ code }) => code)).toEqual([0, 3, 137, 139]);
  });

  it('loses nothing at the end: 20,000 lines, 12 times', async () => {
    const expected = Array.from({ length: 20_000 }, (_, at) => `${at + 1}\r\n`).join('');
    for (let round = 0; round < 3; round += 1) {
      const results = await Promise.all(Array.from({ length: 4 }, () => cli(['run', '--', 'seq', '1', '20000'])));
      for (const { stdout, code } of results) expect(code === 0 && stdout === expected).toBe(true);
    }
  });

  it('types stdin into the program, and its end as the end-of-file key', async () => {
    const text = randomBytes(600_000).toString('base64').replace(/.{76}/g, '$&\n');
    const { stdout, code } = await cli(['run', '--', 'sh', '-c', 'stty -echo; sha256sum'], { stdin: `${text}\n` });
    expect(code).toBe(0);
    expect(stdout).toContain(createHash('sha256').update(`${text}\n`).digest('hex'));
  });

  it('hands over a last line without a line feed', async () => {
    // The terminal shows what is typed, then the program writes it.
    const { stdout, code } = await cli(['run', '--', 'cat'], { stdin: 'no end' });
    expect({ stdout, code }).toEqual({ stdout: 'no endno end', code: 0 });
  });

  it('ends with the program, whatever it left running', async () => {
    const { stdout, code } = await cli(['run', '--', 'sh', '-c', 'sleep 60 & echo out; exit 4']);
    expect({ stdout, code }).toEqual({ stdout: 'out\r\n', code: 4 });
  });

  it('starts in the folder of the caller, with what --env and the size options say, and nothing of the environment', async () => {
    const script = 'pwd; echo $A $B [$SECRET]; stty size';
    const args = ['run', '--env', 'A=1', '--env', 'B', '--cols', '91', '--rows', '17', '--', 'sh', '-c', script];
    const { stdout } = await cli(args, { cwd: folder, env: { B: 'passed on', SECRET: 'kept' } });
    expect(stdout).toBe(`${folder}\r\n1 passed on []\r\n17 91\r\n`);
  });

  it('passes SIGINT on, and the second one ends sessionctl itself but not the session', async () => {
    const script = 'trap "echo caught" INT; echo ready; while :; do sleep 0.05; done';
    const child = startCli(['run', '--id', 'stubborn', '--', 'sh', '-c', script], {
      env: { SESSIOND_SOCKET: daemon.socketPath },
    });
    const result = ended(child);
    await once(child.stdout!, 'data');
    child.kill('SIGINT');
    await cli(['wait', 'stubborn', '--text', 'caught']);
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: null, signal: 'SIGINT', stderr: '' });
    const { stdout } = await cli(['info', 'stubborn', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'active', attached: 0 });
    expect((await cli(['kill', 'stubborn', '--grace', '0'])).stdout).toContain('ended by SIGKILL');
  });

  it('ends quietly when nobody reads any more', async () => {
    const child = startCli(['run', '--', 'yes'], { env: { SESSIOND_SOCKET: daemon.socketPath } });
    await once(child.stdout!, 'data');
    child.stdout?.destroy();
    const [code] = await once(child, 'exit');
    expect(code).toBe(141);
  });

  it('does not grow while its reader does not read, and then has every byte', async () => {
    const child = startCli(['run', '--no-eof', '--', 'sh', '-c', 'stty raw; head -c 30000000 /dev/zero'], {
      env: { SESSIOND_SOCKET: daemon.socketPath },
    });
    child.stdout?.pause();
    child.stdin?.end();
    await cli(['wait', await newest(), '--idle', '400']);
    const stalled = rssBytes(child.pid!);
    let count = 0;
    child.stdout?.on('data', (bytes: Buffer) => {
      count += bytes.length;
    });
    child.stdout?.resume();
    const [code] = await once(child, 'close');
    expect({ code, count }).toEqual({ code: 0, count: 30_000_000 });
    expect(stalled).toBeLessThan(110 * 1024 * 1024);
  });

  it('prints the id and leaves with --detach', async () => {
    const { stdout, code } = await cli(['run', '--detach', '--id', 'left', '--name', 'for later', '--', 'sleep', '60']);
    expect({ stdout, code }).toEqual({ stdout: 'left\n', code: 0 });
    expect((await cli(['run', '--detach', '--id', 'left'])).code).toBe(65);
    expect((await cli(['rm', 'left'])).code).toBe(0);
  });

  it('speaks lines of JSON', async () => {
    const { stdout, code } = await cli(['run', '--json', '--', 'sh', '-c', 'printf hi; exit 5']);
    expect(code).toBe(5);
    expect(linesOf(stdout)).toEqual([
      { type: 'session', sessionId: expect.any(String) },
      { type: 'bytes', offset: 0, dataBase64: 'aGk=' },
      { type: 'end', offset: 2 },
      { type: 'exit', exitCode: 5, signal: null, reason: 'exited' },
    ]);
  });

  it('says that a program cannot be started', async () => {
    const result = await cli(['run', '--', '/no/such/program']);
    expect(result).toMatchObject({ code: 127, stdout: '' });
    expect(result.stderr).toContain('does not exist');
  });

  async function newest(): Promise<string> {
    for (;;) {
      const sessions = JSON.parse((await cli(['ls', '--json'])).stdout) as {
        sessionId: string;
        state: string;
        args: string[];
      }[];
      const found = sessions.find(({ state, args }) => state !== 'stopped' && args.join().includes('30000000'));
      if (found !== undefined) return found.sessionId;
    }
  }
});

describe('the other commands', () => {
  it('work on one session from its start to its removal', async () => {
    const script = 'echo ready; read line; echo "got $line"; stty size; exec sleep 60';
    expect((await cli(['run', '-d', '--id', 'life', '--', 'sh', '-c', script])).code).toBe(0);
    expect((await cli(['wait', 'life', '--text', 'ready'])).stdout).toBe('matched at offset 0 up to 5\n');
    expect((await cli(['resize', 'life', '100x30'])).code).toBe(0);
    expect((await cli(['send', 'life', 'hello', 'there', '--enter'])).code).toBe(0);
    expect((await cli(['wait', 'life', '--regex', 'got (\\w+)'])).stdout).toContain('got hello');
    expect((await cli(['wait', 'life', '--idle', '50'])).stdout).toContain('idle at offset');
    expect((await cli(['logs', 'life'])).stdout).toBe('ready\r\nhello there\r\ngot hello there\r\n30 100\r\n');
    expect((await cli(['logs', 'life', '--from', '7'])).stdout).toMatch(/^hello there/);
    const table = (await cli(['ls'])).stdout;
    expect(table).toMatch(/^life +- +active +\d+ +100x30 +0 +sh -c echo ready/m);
    expect((await cli(['signal', 'life', 'term'])).code).toBe(0);
    expect((await cli(['wait', 'life', '--exit'])).stdout).toBe('ended by SIGTERM\n');
    expect((await cli(['info', 'life'])).stdout).toMatch(/^state +stopped: ended by SIGTERM$/m);
    expect((await cli(['rm', 'life'])).code).toBe(0);
    expect((await cli(['info', 'life'])).code).toBe(66);
  });

  it('find a session by a name that only it has, and by its id first', async () => {
    const start = (id: string, name: string): Promise<Ended> =>
      cli(['run', '-d', '--id', id, '--name', name, '--', 'sh', '-c', `echo ${id}; read line`]);
    for (const [id, name] of [
      ['n-1', 'Nightly build'],
      ['n-2', 'twin'],
      ['n-3', 'twin'],
      ['n-4', 'n-1'],
    ] as const) {
      await start(id, name);
    }
    expect((await cli(['info', 'Nightly build'])).stdout).toMatch(/^id +n-1$/m);
    expect((await cli(['info', 'n-1'])).stdout).toMatch(/^id +n-1$/m);
    const twins = await cli(['kill', 'twin', '--grace', '0']);
    expect(twins).toMatchObject({ code: 2, stdout: '' });
    expect(twins.stderr).toContain('n-2, n-3 are called twin');
    expect((await cli(['kill', 'Nightly build', '--grace', '0'])).code).toBe(0);
    expect((await cli(['rm', 'Nightly build', 'n-2', 'twin', 'n-4'])).code).toBe(0);
    expect((await cli(['rm', 'Nightly build'])).code).toBe(66);
  });

  it('rm removes the others all the same when one is not there', async () => {
    for (const id of ['rm-1', 'rm-2']) await cli(['run', '-d', '--id', id, '--', 'cat']);
    const { code, stderr } = await cli(['rm', 'rm-1', 'nothing', 'rm-2']);
    expect(code).toBe(66);
    expect(stderr).toBe('sessionctl: Cannot find session nothing: none has this id or name\n');
    expect((await cli(['info', 'rm-2'])).code).toBe(66);
  });

  it('say in one voice what was wrong with their arguments', async () => {
    const [unknown, size] = await Promise.all([cli(['infoo']), cli(['resize', 's', '10x'])]);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/^sessionctl: unknown command 'infoo'\n/) });
    expect(size).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: 'sessionctl: Cannot resize to 10x: It must be COLSxROWS, such as 80x24.\n',
    });
    const [asked, option] = await Promise.all([cli(['help', 'wait']), cli(['wait', '--help'])]);
    expect(asked).toEqual(option);
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: sessionctl wait') });
  });

  it('tell the life of a program, its signals and its buffer', async () => {
    const script = 'trap "" HUP; echo ready; exec sleep 60';
    await cli(['run', '-d', '--id', 'told', '--idle-timeout', '50', '--', 'sh', '-c', script]);
    await cli(['wait', 'told', '--text', 'ready']);
    const state = async (): Promise<string> => (await cli(['ls'])).stdout.match(/^told +- +(\w+)/m)![1]!;
    while ((await state()) !== 'throttled');
    await cli(['signal', 'told', 'hup']);
    await cli(['kill', 'told']);
    const { stdout } = await cli(['info', 'told']);
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    for (const line of [
      'labels    lane default, terminal told',
      'behind    0 % of the buffer is not delivered yet',
      'overflow  drop-oldest, 0 bytes dropped in 0 overflows',
      'idle      throttled after 0.05 s without output',
      'grace     5 s from SIGTERM to SIGKILL',
    ]) {
      expect(stdout.split('\n')).toContain(line);
    }
    expect(stdout).toMatch(new RegExp(`^life +${time}  idle to spawning \\(spawn-requested\\)$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^ +${time}  active to throttled \\(idle-timeout\\)$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^signals +${time}  SIGHUP delivered, process group \\d+$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^ +${time}  SIGTERM delivered, process group \\d+$`, 'm'));
    const { idleTimeoutMs, signals } = JSON.parse((await cli(['info', 'told', '--json'])).stdout);
    expect(idleTimeoutMs).toBe(50);
    // On a busy machine the end takes so long that a hangup follows.
    expect(signals.slice(0, 2)).toMatchObject([{ signal: 'SIGHUP' }, { signal: 'SIGTERM' }]);
    expect((await cli(['run', '--idle-timeout', 'soon', '--', 'true'])).code).toBe(2);
    await cli(['rm', 'told']);
  });

  it('attach prints what is kept and ends with the status of the program', async () => {
    await cli(['run', '-d', '--id', 'past', '--', 'sh', '-c', 'echo written; exit 9']);
    await cli(['wait', 'past', '--exit']);
    expect(await cli(['attach', 'past'])).toMatchObject({ code: 9, stdout: 'written\r\n', stderr: '' });
    expect(await cli(['attach', 'past', '--from', 'now'])).toMatchObject({ code: 9, stdout: '' });
    expect((await cli(['attach', 'past', '--from', '999'])).code).toBe(65);
  });

  it('send types stdin byte for byte', async () => {
    await cli(['run', '-d', '--id', 'taker', '--', 'sh', '-c', 'stty raw -echo; echo go; head -c 70000 | sha256sum']);
    await cli(['wait', 'taker', '--text', 'go']);
    const bytes = randomBytes(70_000);
    const { stdout } = await cli(['send', 'taker', '-', '--json'], { stdin: bytes });
    expect(JSON.parse(stdout)).toEqual({ sessionId: 'taker', bytes: 70_000 });
    await cli(['wait', 'taker', '--exit']);
    expect((await cli(['logs', 'taker'])).stdout).toContain(createHash('sha256').update(bytes).digest('hex'));
  });

  it('logs --follow goes on until the end', async () => {
    await cli(['run', '-d', '--id', 'slow', '--', 'sh', '-c', 'echo one; read x; echo two']);
    const following = cli(['logs', 'slow', '--follow']);
    await cli(['wait', 'slow', '--text', 'one']);
    await cli(['send', 'slow', '--enter', '']);
    expect(await following).toMatchObject({ code: 0, stdout: 'one\r\n\r\ntwo\r\n' });
  });

  it('tell the exact range of what was overwritten, on stderr', async () => {
    await cli(['run', '-d', '--id', 'small', '--buffer-bytes', '4KiB', '--', 'seq', '1', '5000']);
    await cli(['wait', 'small', '--exit']);
    const whole = Array.from({ length: 5_000 }, (_, at) => `${at + 1}\r\n`).join('');
    const { stdout, stderr } = await cli(['logs', 'small', '--from', '0']);
    const missing = whole.length - stdout.length;
    expect(missing).toBeGreaterThan(0);
    expect(stdout).toBe(whole.slice(missing));
    expect(stderr).toContain(`(offset 0 up to ${missing})`);
    expect(linesOf((await cli(['logs', 'small', '--from', '0', '--json'])).stdout)[0]).toEqual({
      type: 'gap',
      from: 0,
      to: missing,
    });
  });

  it('wait gives up with 124', async () => {
    await cli(['run', '-d', '--id', 'quiet', '--', 'sleep', '60']);
    expect(await cli(['wait', 'quiet', '--text', 'never', '--timeout', '50'])).toMatchObject({ code: 124 });
    expect((await cli(['kill', 'quiet', '--json'])).stdout).toContain('"signal":"SIGTERM"');
  });

  it.each([
    [['wait', 'x']],
    [['wait', 'x', '--exit', '--idle', '5']],
    [['resize', 'x', '80']],
    [['signal', 'x', 'SIGNOTHING']],
    [['attach', 'x', '--from', 'tomorrow']],
    [['attach', 'x', '--detach-keys', 'meta-x']],
    [['run', '--overflow', 'explode']],
    [['frobnicate']],
    [['ls', '--socket', '/a', '--url', 'ws://b']],
  ])('refuse %j with a sentence and code 2', async (args) => {
    const result = await cli(args);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/\S/);
  });
});

describe('finding the daemon', () => {
  it('happens by itself in the runtime folder, else in the state folder', async () => {
    const env = { XDG_RUNTIME_DIR: join(folder, 'run'), XDG_STATE_HOME: join(folder, 'state') };
    mkdirSync(join(folder, 'state', 'sessiond'), { recursive: true });
    symlinkSync(daemon.socketPath, join(folder, 'state', 'sessiond', 'sessiond.sock'));
    expect((await runCli(['ls'], { env })).code).toBe(0);
    mkdirSync(join(folder, 'run', 'sessiond'), { recursive: true });
    symlinkSync(daemon.socketPath, join(folder, 'run', 'sessiond', 'sessiond.sock'));
    expect((await runCli(['ls'], { env: { XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR } })).code).toBe(0);
  });

  it('says how to start one when there is none', async () => {
    const result = await runCli(['ls'], { env: { XDG_STATE_HOME: join(folder, 'nothing') } });
    expect(result.code).toBe(69);
    expect(result.stderr).toContain('Start one with "sessiond" (in a checkout: "npm start")');
    expect((await runCli(['ls', '--socket', join(folder, 'no.sock')])).code).toBe(69);
  });

  it('takes the token for TCP from the state folder, the environment or the command line', async () => {
    const byUrl = (env: Record<string, string>, ...more: string[]) =>
      runCli(['ls', '--url', daemon.url, ...more], { env });
    expect((await byUrl({ SESSIOND_STATE_DIR: daemon.stateDir })).code).toBe(0);
    expect((await byUrl({ SESSIOND_TOKEN: daemon.token })).code).toBe(0);
    expect((await byUrl({}, '--token', daemon.token)).code).toBe(0);
    const refused = await byUrl({ SESSIOND_TOKEN: 'wrong-token-of-some-length' });
    expect(refused.code).toBe(77);
    expect(refused.stderr).not.toContain('wrong-token');
  });

  it('works through a symbolic link in a folder with a blank', async () => {
    const link = join(folder, 'a link');
    symlinkSync(dirname(daemon.socketPath), link);
    expect((await runCli(['ls', '--socket', join(link, 'd.sock')])).code).toBe(0);
  });
});
