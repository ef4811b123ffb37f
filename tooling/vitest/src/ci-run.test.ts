import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const CI_RUN = fileURLToPath(new URL('../../../.ci/run', import.meta.url));

/** What a gate does: which counts it writes (`null`: it never gets to its tests) and how it ends. */
interface Gate {
  readonly counts: string | null;
  readonly status: number;
}

/** Runs `.ci/run` with an `npm` that plays these gates, and a coverage run, instead of running them. */
function run({
  installed,
  node24,
  agents = { counts: '{"passed":0,"failed":0,"skipped":0}', status: 0 },
  coverage = { counts: null, status: 0 },
}: {
  readonly installed: Gate;
  readonly node24: Gate;
  readonly agents?: Gate;
  readonly coverage?: Gate;
}): { status: number | null; lastLine?: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ci-run-'));
  try {
    mkdirSync(join(folder, '.ci'));
    mkdirSync(join(folder, 'bin'));
    cpSync(CI_RUN, join(folder, '.ci/run'));
    const play = (script: string, { counts, status }: Gate): string => {
      const write = counts === null ? '' : `printf '%s' '${counts}' > "\${TEST_COUNTS_FILE:-/dev/null}"; `;
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
        TEST_COUNTS_FILE: join(folder, 'outer.json'),
        PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
      },
      encoding: 'utf8',
    });
    const lastLine = stdout.trimEnd().split('\n').at(-1);
    return { status, ...(lastLine !== undefined && { lastLine }) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const green = { counts: '{"passed":10,"failed":0,"skipped":0}', status: 0 };

describe('.ci/run', () => {
  it('sums the counts of all gates in its last line', () => {
    expect(run({ installed: green, node24: green })).toEqual({ status: 0, lastLine: '20 passed, 0 failed' });
    const agents = { counts: '{"passed":5,"failed":0,"skipped":3}', status: 0 };
    expect(run({ installed: green, node24: green, agents })).toEqual({
      status: 0,
      lastLine: '25 passed, 0 failed, 3 skipped',
    });
  });

  it('fails when a test with real agents fails', () => {
    const agents = { counts: '{"passed":4,"failed":1,"skipped":0}', status: 1 };
    expect(run({ installed: green, node24: green, agents })).toEqual({
      status: 1,
      lastLine: '24 passed, 1 failed',
    });
  });

  it('tells how many tests were skipped', () => {
    const skipping = { counts: '{"passed":8,"failed":0,"skipped":2}', status: 0 };
    expect(run({ installed: skipping, node24: green })).toEqual({
      status: 0,
      lastLine: '18 passed, 0 failed, 2 skipped',
    });
  });

  it('fails when a test fails in either gate', () => {
    const red = { counts: '{"passed":9,"failed":1,"skipped":0}', status: 1 };
    expect(run({ installed: green, node24: red })).toEqual({ status: 1, lastLine: '19 passed, 1 failed' });
    expect(run({ installed: red, node24: red })).toEqual({ status: 1, lastLine: '18 passed, 2 failed' });
  });

  it('counts a gate that fails before its tests as a failure', () => {
    const broken = { counts: null, status: 1 };
    expect(run({ installed: broken, node24: green })).toEqual({ status: 1, lastLine: '10 passed, 1 failed' });
  });

  it('counts a gate whose tests pass and which fails beside them as a failure', () => {
    expect(run({ installed: green, node24: { ...green, status: 1 } })).toEqual({
      status: 1,
      lastLine: '20 passed, 1 failed',
    });
  });

  it('does not take a gate for green that ran no tests', () => {
    expect(run({ installed: green, node24: { counts: null, status: 0 } })).toEqual({
      status: 1,
      lastLine: '10 passed, 1 failed',
    });
  });

  it('counts a coverage run that fails as a failure', () => {
    expect(run({ installed: green, node24: green, coverage: { counts: null, status: 1 } })).toEqual({
      status: 1,
      lastLine: '20 passed, 1 failed',
    });
  });

  it('does not count the tests of the coverage run again', () => {
    const again = '{"passed":5,"failed":3,"skipped":2}';
    expect(run({ installed: green, node24: green, coverage: { counts: again, status: 0 } })).toEqual({
      status: 0,
      lastLine: '20 passed, 0 failed',
    });
    expect(run({ installed: green, node24: green, coverage: { counts: again, status: 1 } })).toEqual({
      status: 1,
      lastLine: '20 passed, 1 failed',
    });
  });

  it('does not take damaged counts for zero failures', () => {
    expect(run({ installed: green, node24: { counts: '{', status: 0 } })).toMatchObject({ status: 1 });
  });
});
