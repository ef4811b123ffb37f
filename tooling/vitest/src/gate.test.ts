import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { runningProcesses } from './processes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What came of a run: `results` are the lines of its results file. */
interface Run {
  readonly exitCode: number | null;
  readonly output: string;
  readonly results: readonly string[];
}

/** Runs the configuration of this repository on test files, by name, in a folder of their own. */
async function runOn(
  testFiles: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-'));
  try {
    const resultsFile = join(folder, 'results');
    for (const [name, code] of Object.entries(testFiles)) {
      const file = join(folder, `packages/one/src/${name}.test.ts`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, code);
    }
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

describe('a run of tests that fail', () => {
  let run: Run;
  beforeAll(async () => {
    run = await runOn({
      counted: `
        it('passes', () => {});
        it('fails in\\ntwo lines', () => { throw new Error('on purpose\\nand more'); });
        it('needs a tool', (context) => context.skip('no such tool here'));
      `,
      broken: `throw new Error('on purpose');`,
      leaving: `
        import { spawn } from 'node:child_process';
        import { writeFileSync } from 'node:fs';
        import { tmpdir } from 'node:os';
        it('leaves an orphan', () => {
          writeFileSync(tmpdir() + '/remains', '');
          // The shell ends at once; what it started belongs to nobody then.
          spawn('sh', ['-c', 'sleep 1234 & echo $!'], { detached: true, stdio: 'ignore' }).unref();
        });
      `,
    });
  });

  it('counts what passed, failed and was skipped, a file that cannot be loaded as a failure, and says where', (context) => {
    if (process.platform !== 'linux') context.skip('leftovers need /proc');
    expect(run.results[0]).toBe('2 passed, 3 failed, 1 skipped');
    expect(run.results.slice(1).sort()).toEqual([
      'packages/one/src/broken.test.ts — on purpose',
      'packages/one/src/counted.test.ts > fails in two lines — on purpose and more',
      expect.stringContaining('packages/one/src/leaving.test.ts — Cannot finish test file'),
    ]);
    expect(run.exitCode).toBe(1);
  });

  it('prints why a test was skipped', () => {
    expect(run.output).toContain('skipped: needs a tool — no such tool here\n');
  });

  it('names the process and the temporary file that a test file leaves behind, and puts an end to them', (context) => {
    if (process.platform !== 'linux') context.skip('needs /proc');
    const pid = Number(/left processes running: (\d+) \(sleep 1234\)/.exec(run.output)?.[1]);
    expect(pid).toBeGreaterThan(0);
    expect(runningProcesses().map((entry) => entry.pid)).not.toContain(pid);
    expect(run.output).toContain('left temporary files: remains');
  });
});

it('lets tests, and the programs that they start, stand still when asked to', async () => {
  const standing = `
    import { execFileSync } from 'node:child_process';
    const longestTurn = ${longestTurn};
    it('measures', async () => {
      expect(await longestTurn()).toBeGreaterThan(5);
      const code = 'console.log(await (' + longestTurn + ')())';
      expect(Number(execFileSync(process.execPath, ['--input-type=module', '-e', code]))).toBeGreaterThan(5);
    });
  `;
  const { output, results } = await runOn({ standing }, { TEST_STALLS: '1' });
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
