import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runningProcesses } from './processes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs the configuration of this repository on one test file in a folder of its own. */
async function runOn(
  testFile: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | null; output: string; results: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-'));
  try {
    const file = join(folder, 'packages/one/src/one.test.ts');
    const resultsFile = join(folder, 'results.json');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, testFile);
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const child = spawn(
      process.execPath,
      [vitest, 'run', '--globals', '--root', folder, '--config', join(root, 'vitest.config.ts')],
      {
        cwd: folder,
        env: { ...process.env, TMPDIR: folder, TEST_RESULTS_FILE: resultsFile, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [output, errors, exitCode] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ]);
    const results = await readFile(resultsFile, 'utf8');
    return { exitCode, output: output + errors, results: results.trimEnd().split('\n') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

it('counts what passed, failed and was skipped, and prints why', async () => {
  const { exitCode, output, results } = await runOn(`
    it('passes', () => {});
    it('fails in\\ntwo lines', () => { throw new Error('on purpose\\nand more'); });
    it('needs a tool', (context) => context.skip('no such tool here'));
  `);
  expect(results).toEqual([
    '1 passed, 1 failed, 1 skipped',
    'packages/one/src/one.test.ts > fails in two lines — on purpose and more',
  ]);
  expect(output).toContain('skipped: needs a tool — no such tool here\n');
  expect(exitCode).toBe(1);
});

it('counts a file that cannot be loaded as a failure', async () => {
  const { exitCode, results } = await runOn(`throw new Error('on purpose');`);
  expect(results).toEqual(['0 passed, 1 failed, 0 skipped', 'packages/one/src/one.test.ts — on purpose']);
  expect(exitCode).toBe(1);
});

it('fails a file that leaves a process or a temporary file behind, names it and puts an end to it', async (context) => {
  if (process.platform !== 'linux') context.skip('needs /proc');
  const { exitCode, output, results } = await runOn(`
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    import { tmpdir } from 'node:os';
    it('leaves an orphan', () => {
      writeFileSync(tmpdir() + '/remains', '');
      // The shell ends at once; what it started belongs to nobody then.
      spawn('sh', ['-c', 'sleep 1234 & echo $!'], { detached: true, stdio: 'ignore' }).unref();
    });
  `);
  const pid = Number(/left processes running: (\d+) \(sleep 1234\)/.exec(output)?.[1]);
  expect(pid).toBeGreaterThan(0);
  expect(runningProcesses().map((entry) => entry.pid)).not.toContain(pid);
  expect(output).toContain('left temporary files: remains');
  expect(results).toEqual([
    '1 passed, 1 failed, 0 skipped',
    expect.stringContaining('packages/one/src/one.test.ts — Cannot finish test file'),
  ]);
  expect(exitCode).toBe(1);
});

it('lets tests, and the programs that they start, stand still when asked to', async () => {
  const { output, results } = await runOn(
    `
    import { execFileSync } from 'node:child_process';
    const longestTurn = ${longestTurn};
    it('measures', async () => {
      expect(await longestTurn()).toBeGreaterThan(5);
      const code = 'console.log(await (' + longestTurn + ')())';
      expect(Number(execFileSync(process.execPath, ['--input-type=module', '-e', code]))).toBeGreaterThan(5);
    });
  `,
    { TEST_STALLS: '1' },
  );
  expect(results, output).toEqual(['1 passed, 0 failed, 0 skipped']);
});

/** What the longest of 300 turns of the event loop takes, in milliseconds: one in ten is stalled, so this cannot miss. */
async function longestTurn(): Promise<number> {
  let longest = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    const begun = performance.now();
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
    longest = Math.max(longest, performance.now() - begun);
  }
  return longest;
}
