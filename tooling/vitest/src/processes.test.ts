import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { type ProcessEntry, runningProcesses, startedBy } from './processes.ts';

function entry(pid: number, parentPid: number, environment = '', startTime = 7): ProcessEntry {
  return { pid, parentPid, startTime, command: '', environment };
}

it('finds children, their children, and orphans by their mark with what they started', () => {
  const processes = [
    entry(5, 4),
    entry(2, 1),
    entry(3, 2),
    entry(4, 1, 'A=1\0MARK=2\0'),
    entry(6, 1, 'MARK=22\0'),
    entry(7, 1, 'OTHER_MARK=2\0'),
  ];
  expect(startedBy(2, 'MARK=2', processes).map(({ pid }) => pid)).toEqual([5, 3, 4]);
});

it('takes nothing older than the process for its own, and asks for no environment of it', () => {
  const older: ProcessEntry = {
    ...entry(3, 1, '', 6),
    get environment(): string {
      throw new Error('asked for an environment in vain');
    },
  };
  expect(startedBy(2, 'MARK=2', [older, entry(2, 1), entry(4, 1, 'MARK=2')]).map(({ pid }) => pid)).toEqual([4]);
});

it('sees a real child with its environment and no longer once it ended', async (context) => {
  if (process.platform !== 'linux') context.skip('needs /proc');
  const child = spawn('cat', { env: { ...process.env, SEEN_BY: 'the test' }, stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const find = () => runningProcesses().find(({ pid }) => pid === child.pid);
  await expect.poll(() => find()?.command).toBe('cat');
  expect(find()).toMatchObject({ parentPid: process.pid });
  expect(find()?.environment.split('\0')).toContain('SEEN_BY=the test');
  child.stdin.end();
  await once(child, 'exit');
  expect(find()).toBeUndefined();
});
