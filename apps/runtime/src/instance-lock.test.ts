import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileProgram } from '@sessiond/testkit';
import { tryLock } from '@sessiond/token-file/file-lock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireInstanceLock } from './instance-lock.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-lock-'));
  path = join(dir, 'lock');
});
afterEach(() => rmSync(dir, { recursive: true }));

function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

it('has one holder, and a next one after the release', async () => {
  const lock = await acquireInstanceLock(path);
  expect(tryLock(path)).toMatchObject({ pid: process.pid });
  lock.release();
  lock.release();
  (await acquireInstanceLock(path)).release();
  expect(readdirSync(dir)).toEqual([]);
});

it('names the process in the way when the wait is over', async () => {
  const lock = await acquireInstanceLock(path);
  await expect(acquireInstanceLock(path, 30)).rejects.toThrow(`process ${process.pid} is starting one right now`);
  lock.release();
});

it('is not released by who no longer holds it', async () => {
  const first = await acquireInstanceLock(path);
  rmSync(path);
  const second = await acquireInstanceLock(path);
  first.release();
  expect(tryLock(path)).toMatchObject({ pid: process.pid });
  second.release();
});

it('takes over the lock of a process that is dead', async () => {
  writeFileSync(path, JSON.stringify({ pid: deadPid(), nonce: '0123456789abcdef' }));
  (await acquireInstanceLock(path)).release();
  expect(readdirSync(dir)).toEqual([]);
});

it('takes over a lock that is older than any start, though its pid lives', async () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, nonce: '0123456789abcdef' }));
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(path, longAgo, longAgo);
  (await acquireInstanceLock(path)).release();
});

it('waits for a file it cannot read, until that is old', async () => {
  writeFileSync(path, 'not json');
  await expect(acquireInstanceLock(path, 30)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(path, longAgo, longAgo);
  (await acquireInstanceLock(path)).release();
});

it('is never held by two of many processes that all found a dead holder', async () => {
  writeFileSync(path, JSON.stringify({ pid: deadPid(), nonce: '0123456789abcdef' }));
  const journal = join(dir, 'journal');
  const program = join(dir, 'program.mjs');
  const code = `
    import { acquireInstanceLock } from './instance-lock.mjs';
    import { appendFileSync } from 'node:fs';
    for (let round = 0; round < 20; round += 1) {
      const lock = await acquireInstanceLock(${JSON.stringify(path)}, 20_000);
      appendFileSync(${JSON.stringify(journal)}, 'in ' + process.pid + '\\n');
      appendFileSync(${JSON.stringify(journal)}, 'out ' + process.pid + '\\n');
      lock.release();
    }`;
  writeFileSync(join(dir, 'instance-lock.mjs'), compileProgram(new URL('instance-lock.ts', import.meta.url)));
  writeFileSync(program, code);
  const exits = Array.from(
    { length: 4 },
    () =>
      new Promise((resolve) => {
        spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'] }).once('exit', resolve);
      }),
  );
  expect(await Promise.all(exits)).toEqual([0, 0, 0, 0]);
  const entries = readFileSync(journal, 'utf8').trim().split('\n');
  expect(entries).toHaveLength(160);
  for (let at = 0; at < entries.length; at += 2) {
    expect(entries[at + 1]).toBe(entries[at]!.replace('in', 'out'));
  }
});
