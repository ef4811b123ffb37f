import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const CI_RUN = fileURLToPath(new URL('../../../.ci/run', import.meta.url));

/** What a gate does: which results it writes (`null`: it never gets to its tests) and how it ends. */
interface Gate {
  readonly results: string | null;
  readonly status: number;
}

/** A gate with this many tests that passed and were skipped, and these that failed. */
function gate(passed: number, skipped = 0, failures: readonly string[] = []): Gate {
  const counts = `${passed} passed, ${failures.length} failed, ${skipped} skipped`;
  return { results: `${[counts, ...failures].join('\n')}\n`, status: failures.length > 0 ? 1 : 0 };
}

/** What it ended with, its last line, and the lines of failures right before that. */
interface Ended {
  readonly status: number | null;
  readonly lastLine: string | undefined;
  readonly failures: readonly string[];
}

/** Runs `.ci/run` with an `npm` that plays these gates, and a coverage run, instead of running them. */
function run({
  installed,
  node24,
  agents = gate(0),
  coverage = { results: null, status: 0 },
}: {
  readonly installed: Gate;
  readonly node24: Gate;
  readonly agents?: Gate;
  readonly coverage?: Gate;
}): Ended {
  const folder = mkdtempSync(join(tmpdir(), 'ci-run-'));
  try {
    mkdirSync(join(folder, '.ci'));
    mkdirSync(join(folder, 'bin'));
    cpSync(CI_RUN, join(folder, '.ci/run'));
    const play = (script: string, { results, status }: Gate): string => {
      const write = results === null ? '' : `printf '%s' '${results}' > "\${TEST_RESULTS_FILE:-/dev/null}"; `;
      return `'run -s ${script}') ${write}echo output; exit ${status};;`;
    };
    const npm = `#!/bin/sh
case "$*" in
${play('test', installed)}
${play('coverage', coverage)}
${play('test:node24', node24)}
${play('test:agents', agents)}
esac
exit 99
`;
    writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 });
    const { status, stdout } = spawnSync(join(folder, '.ci/run'), {
      env: {
        ...process.env,
        TEST_RESULTS_FILE: join(folder, 'outer.json'),
        PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
      },
      encoding: 'utf8',
    });
    const lines = stdout.trimEnd().split('\n');
    const lastLine = lines.pop();
    const firstFailure = lines.findLastIndex((line) => !line.startsWith('failed: ')) + 1;
    return { status, lastLine, failures: lines.slice(firstFailure) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const green = gate(10);

describe('.ci/run', () => {
  it('sums the counts of all gates in its last line', () => {
    expect(run({ installed: green, node24: green })).toEqual({
      status: 0,
      lastLine: '20 passed, 0 failed',
      failures: [],
    });
    expect(run({ installed: green, node24: green, agents: gate(5, 3) })).toEqual({
      status: 0,
      lastLine: '25 passed, 0 failed, 3 skipped',
      failures: [],
    });
  });

  it('tells how many tests were skipped', () => {
    expect(run({ installed: gate(8, 2), node24: green }).lastLine).toBe('18 passed, 0 failed, 2 skipped');
  });

  it('fails when a test fails in any gate, and says once more which, right before the last line', () => {
    const red = gate(9, 0, ['a.test.ts > one — expected "1" to be $2', 'b.test.ts > two — `c` \\n %s']);
    expect(run({ installed: green, node24: red })).toEqual({
      status: 1,
      lastLine: '19 passed, 2 failed',
      failures: [
        'failed: node24: a.test.ts > one — expected "1" to be $2',
        'failed: node24: b.test.ts > two — `c` \\n %s',
      ],
    });
    const other = gate(4, 0, ['c.test.ts > three — late']);
    expect(run({ installed: red, node24: green, agents: other })).toEqual({
      status: 1,
      lastLine: '23 passed, 3 failed',
      failures: [
        'failed: installed: a.test.ts > one — expected "1" to be $2',
        'failed: installed: b.test.ts > two — `c` \\n %s',
        'failed: agents: c.test.ts > three — late',
      ],
    });
  });

  it('counts a gate that fails before its tests as a failure', () => {
    expect(run({ installed: { results: null, status: 1 }, node24: green })).toEqual({
      status: 1,
      lastLine: '10 passed, 1 failed',
      failures: ['failed: installed: no test, see its output above'],
    });
  });

  it('counts a gate whose tests pass and which fails beside them as a failure', () => {
    expect(run({ installed: green, node24: { ...green, status: 1 } })).toEqual({
      status: 1,
      lastLine: '20 passed, 1 failed',
      failures: ['failed: node24: no test, see its output above'],
    });
  });

  it('does not take a gate for green that ran no tests', () => {
    expect(run({ installed: green, node24: { results: null, status: 0 } })).toMatchObject({
      status: 1,
      lastLine: '10 passed, 1 failed',
    });
  });

  it('counts a coverage run that fails as a failure', () => {
    expect(run({ installed: green, node24: green, coverage: { results: null, status: 1 } })).toEqual({
      status: 1,
      lastLine: '20 passed, 1 failed',
      failures: ['failed: coverage: no test, see its output above'],
    });
  });

  it('does not count the tests of the coverage run again', () => {
    expect(run({ installed: green, node24: green, coverage: gate(5, 2) })).toMatchObject({
      status: 0,
      lastLine: '20 passed, 0 failed',
    });
    expect(run({ installed: green, node24: green, coverage: gate(5, 0, ['one', 'two']) })).toEqual({
      status: 1,
      lastLine: '20 passed, 1 failed',
      failures: ['failed: coverage: one', 'failed: coverage: two'],
    });
  });

  it('does not take damaged results for zero failures', () => {
    expect(run({ installed: green, node24: { results: '10 passed', status: 0 } })).toMatchObject({ status: 1 });
  });
});
