import { expect, it } from 'vitest';
import { fixture } from './fixture.ts';
import { checkTraceability, traceabilityOf } from './traceability.ts';
import type { Workspace } from './workspace.ts';

const requirements =
  '## Rings\n\n| id | what must hold |\n|---|---|\n| `T1` | Rings are bounded. |\n| `B1` | 1 > 0. |\n';
const tests = `
  describe('[T1] a ring', () => {
    it('is bounded', () => {});
    it('[B1] is_\`_large_\`', () => {});
  });
`;

/** A repository of these files whose traceability is up to date. */
function upToDate(files: Readonly<Record<string, string>>): Workspace {
  const workspace = fixture(files);
  return fixture({ ...files, 'docs/traceability.md': traceabilityOf(workspace) });
}

it('accepts requirements that all have tests, those of the groups around a test included', () => {
  expect(
    checkTraceability(upToDate({ 'docs/requirements.md': requirements, 'packages/ring/src/a.test.ts': tests })),
  ).toEqual([]);
});

it('writes each requirement with its tests and where they are', () => {
  const files = { 'docs/requirements.md': `${requirements}| \`B3\` | Rings are round. |\n` };
  expect(traceabilityOf(fixture({ ...files, 'packages/ring/src/a.test.ts': tests }))).toBe(`# Traceability

Which tests prove which [requirement](requirements.md). Written by \`npm run traceability\`; do not edit.

## Rings

**T1** Rings are bounded.

- a ring › is bounded ([packages/ring/src/a.test.ts](../packages/ring/src/a.test.ts))
- a ring › is\\_\`_large_\` ([packages/ring/src/a.test.ts](../packages/ring/src/a.test.ts))

**B1** 1 > 0.

- a ring › is\\_\`_large_\` ([packages/ring/src/a.test.ts](../packages/ring/src/a.test.ts))

**B3** Rings are round.

- no test
`);
});

it('takes the tests of a suite that several test files run for tests', () => {
  for (const file of ['packages/ring/test/contract.ts', 'packages/ring/test/ring-contract.ts']) {
    const workspace = upToDate({ 'docs/requirements.md': requirements, [file]: tests });
    expect(checkTraceability(workspace)).toEqual([]);
  }
});

it('refuses a requirement without a test', () => {
  const text = "it('[T1] is bounded', () => {});";
  expect(
    checkTraceability(upToDate({ 'docs/requirements.md': requirements, 'packages/ring/src/a.test.ts': text })),
  ).toEqual([{ file: 'docs/requirements.md', problem: 'has B1, which no title of a test names' }]);
});

it('does not take a group without tests, or a title outside of test files, for a test', () => {
  const files = {
    'docs/requirements.md': requirements,
    'packages/ring/src/a.test.ts': "it('[T1] is bounded', () => {}); describe('[B1] is round', () => {});",
    'packages/ring/src/a.ts': "it('[B1] is round', () => {});",
  };
  expect(checkTraceability(upToDate(files))).toMatchObject([{ problem: 'has B1, which no title of a test names' }]);
});

it('refuses a title with an id that nobody asked for', () => {
  const files = {
    'docs/requirements.md': requirements,
    'packages/ring/src/a.test.ts': tests,
    'tooling/start/src/a.test.ts': "it('[B2] is square', () => {});",
  };
  expect(checkTraceability(upToDate(files))).toEqual([
    {
      file: 'tooling/start/src/a.test.ts',
      problem: "names B2, which docs/requirements.md has not: 'is square'",
    },
  ]);
});

it('refuses an id with two rows', () => {
  const files = { 'docs/requirements.md': `${requirements}| T1 | Again. |\n`, 'packages/ring/src/a.test.ts': tests };
  expect(checkTraceability(upToDate(files))).toEqual([{ file: 'docs/requirements.md', problem: 'has T1 twice' }]);
});

it('refuses a traceability that is out of date or missing, and says what to do', () => {
  const files = { 'docs/requirements.md': requirements, 'packages/ring/src/a.test.ts': tests };
  const finding = { file: 'docs/traceability.md', problem: 'is out of date: run `npm run traceability`' };
  const renamed = fixture({ ...files, 'docs/traceability.md': traceabilityOf(fixture(files)).replace('bounded', 'b') });
  expect(checkTraceability(renamed)).toEqual([finding]);
  expect(checkTraceability(fixture(files))).toEqual([finding]);
});
