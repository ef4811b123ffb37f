/**
 * Setup file of every test file: fails it when a process that it started is still there after its last test, and ends
 * that process, which is found on Linux only; and when a temporary file or folder is still there, and deletes that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { ownTempFolder } from './own-temp-folder.ts';
import { runningProcesses, startedBy } from './processes.ts';

/** How long a process that was told to end may take. */
const GRACE_MS = 5_000;

const MARK = 'STARTED_BY_TEST_FILE';
const tempFolder = ownTempFolder();
process.env[MARK] = String(process.pid);
// Helpers of the bundler that live as long as this worker.
const before = new Set(startedBy(process.pid, `${MARK}=${process.pid}`, runningProcesses()).map(({ pid }) => pid));

afterAll(async () => {
  const find = () =>
    startedBy(process.pid, `${MARK}=${process.pid}`, runningProcesses()).filter(({ pid }) => !before.has(pid));
  const deadline = performance.now() + GRACE_MS;
  let leftovers = find();
  // A look is no moment: a process that forks and ends meanwhile hides its child. Two in a row that find nobody are enough.
  let emptyLooks = leftovers.length === 0 ? 1 : 0;
  while (emptyLooks < 2 && performance.now() < deadline) {
    await delay(leftovers.length === 0 ? 1 : 20);
    leftovers = find();
    emptyLooks = leftovers.length === 0 ? emptyLooks + 1 : 0;
  }
  // Named while they can still be asked.
  const list = leftovers.map(({ pid, command }) => `${pid} (${command})`).join(', ');
  for (const { pid } of leftovers) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  const problems: string[] = [];
  if (leftovers.length > 0) problems.push(`left processes running: ${list}`);
  const files = tempFolder.close();
  if (files.length > 0) problems.push(`left temporary files: ${files.join(', ')}`);
  if (problems.length > 0) throw new Error(`Cannot finish test file: it ${problems.join('; it ')}`);
}, GRACE_MS * 5);
