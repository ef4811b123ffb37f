/**
 * Why this package exists: the same situations with node-pty's own `spawn`. Each test passes as long as node-pty still has
 * the fault; one that fails means that a reason for this package has gone.
 */
import fs, { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type IPty, spawn } from 'node-pty';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { until } from './condition.ts';
import { descriptorsOf } from './descriptors.ts';
import { ENVIRONMENT } from './terminals.ts';

const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

// node-pty prints its refused writes.
const { error } = console;
beforeEach(() => {
  console.error = () => {};
});
afterEach(() => {
  console.error = error;
});

function sh(script: string): IPty {
  return spawn('sh', ['-c', script], { encoding: null, env: ENVIRONMENT });
}

/** Collects output as it comes. */
function listen(pty: IPty): { bytes: () => Buffer } {
  const parts: Buffer[] = [];
  pty.onData((data) => parts.push(data as unknown as Buffer));
  return { bytes: () => Buffer.concat(parts) };
}

function exited(pty: IPty): Promise<{ exitCode: number; signal?: number }> {
  return new Promise((resolve) => pty.onExit(resolve));
}

/** Runs `once` until it answers true, a few at a time. */
async function happens(times: number, atOnce: number, once: () => Promise<boolean>): Promise<boolean> {
  for (let run = 0; run < times; run += atOnce) {
    const results = await Promise.all(Array.from({ length: atOnce }, once));
    if (results.includes(true)) return true;
  }
  return false;
}

test('the end of the output is lost in some of up to 200 runs', async (context) => {
  if (NODE_MAJOR >= 24) context.skip('libuv of Node 24 and later reads to the end');
  const length = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\r\n`).join('').length;
  const short = await happens(200, 10, async () => {
    const pty = sh('seq 1 20000');
    const output = listen(pty);
    await exited(pty);
    return output.bytes().length < length;
  });
  expect(short).toBe(true);
});

test('everything is lost when reading is paused while the child exits', async () => {
  const pty = sh('echo precious');
  pty.pause();
  const output = listen(pty);
  pty.pause();
  await exited(pty);
  pty.resume();
  await delay(50);
  expect(output.bytes().length).toBe(0);
});

test('a background job that outlives the shell is cut off, unless the machine is slow to say that the shell is gone', async () => {
  const cut = await happens(5, 1, async () => {
    const pty = sh('trap "" HUP; (sleep 0.4; echo late) & echo shell');
    const output = listen(pty);
    await exited(pty);
    await delay(400);
    return output.bytes().toString() === 'shell\r\n';
  });
  expect(cut).toBe(true);
});

test('input typed to one terminal reaches another that gets its descriptor', async () => {
  const crossed = await happens(50, 1, async () => {
    const victim = sh('stty raw -echo; echo ready; exec sleep 60');
    const output = listen(victim);
    await until(() => output.bytes().includes('ready'), 'the victim');
    for (let index = 0; index < 20; index++) victim.write(Buffer.alloc(20_000, 'X') as unknown as string);
    const successor = new Promise<IPty>((resolve) => victim.onExit(() => resolve(sh('stty raw -echo; exec cat'))));
    process.kill(victim.pid, 'SIGKILL');
    const next = await successor;
    const seen = listen(next);
    const begun = performance.now();
    await until(() => seen.bytes().includes('XXX') || performance.now() - begun > 150, 'foreign input, or 150 ms');
    const foreign = seen.bytes().includes('XXX');
    const over = exited(next);
    next.kill('SIGKILL');
    await over;
    return foreign;
  });
  expect(crossed).toBe(true);
});

test('masters of other terminals stay open in a child once there are gaps between them', async () => {
  const ptys = Array.from({ length: 12 }, () => sh('exec sleep 60'));
  const gone = ptys.splice(2, 6).map((pty) => {
    const over = exited(pty);
    pty.kill('SIGKILL');
    return over;
  });
  await Promise.all(gone);
  const last = sh('exec sleep 60');
  ptys.push(last);
  await until(() => readlinkSync(`/proc/${last.pid}/exe`).endsWith('sleep'), 'the program');
  const masters = [...descriptorsOf(last.pid).values()].filter((target) => target.startsWith('/dev/ptmx'));
  const over = ptys.map((pty) => exited(pty));
  for (const pty of ptys) pty.kill('SIGKILL');
  await Promise.all(over);
  expect(masters.length).toBeGreaterThan(0);
});

test('input to a child that does not read is tried again and again without a pause', async () => {
  const pty = sh('stty raw -echo; echo ready; exec sleep 60');
  const output = listen(pty);
  await until(() => output.bytes().includes('ready'), 'the child');
  pty.write(Buffer.alloc(100_000) as unknown as string);
  // Counted, not timed: how many fit into a second depends on what else the machine does.
  const { write } = fs;
  onTestFinished(() => {
    fs.write = write;
  });
  let tries = 0;
  fs.write = ((...request: Parameters<typeof write>) => {
    tries += 1;
    write(...request);
  }) as typeof write;
  await until(() => tries > 1_000, 'a thousand tries');
  const over = exited(pty);
  pty.kill('SIGKILL');
  await over;
});

test('a command that does not exist is an exit code, and a death by signal is exit code 0', async () => {
  const missing = spawn('/no/such/command', [], { env: ENVIRONMENT });
  expect(await exited(missing)).toMatchObject({ exitCode: 1 });
  const killed = sh('kill -KILL $$');
  expect(await exited(killed)).toEqual({ exitCode: 0, signal: 9 });
});

test('a resize after the end throws what the kernel says', async () => {
  const pty = sh('true');
  await exited(pty);
  expect(() => pty.resize(100, 30)).toThrow(/EBADF|ioctl/);
});
