import { expect, it } from 'vitest';
import { judge } from './thresholds.ts';

const report = new Map([
  ['packages/one/src/a.ts', { covered: 19, total: 20 }],
  ['packages/one/src/b.ts', { covered: 5, total: 10 }],
  ['packages/one-more/src/c.ts', { covered: 2, total: 3 }],
  ['packages/one/src/types.ts', { covered: 0, total: 0 }],
]);

/** How the report does on one threshold. */
function on(minPercent: number, ...paths: string[]): { percent: number; missing: readonly string[]; isMet: boolean } {
  const { percent, missing, isMet } = judge(report, [{ name: 'some', paths, minPercent }])[0]!;
  return { percent, missing, isMet };
}

it('judges a file, a folder, several of them together, and everything', () => {
  expect(on(95, 'packages/one/src/a.ts')).toEqual({ percent: 95, missing: [], isMet: true });
  expect(on(81, 'packages/one/')).toEqual({ percent: 80, missing: [], isMet: false });
  expect(on(91, 'packages/one/src/a.ts', 'packages/one-more/')).toEqual({ percent: 91.3, missing: [], isMet: true });
  expect(on(78, '')).toEqual({ percent: 78.7, missing: [], isMet: true });
});

it('does not round up to the threshold', () => {
  expect(on(66.7, 'packages/one-more/')).toEqual({ percent: 66.6, missing: [], isMet: false });
});

it.each(['packages/one/src/renamed.ts', 'packages/none/', 'packages/one/src/types.ts', 'packages/one/src/a'])(
  'fails when %s has no line in the report',
  (path) => {
    expect(on(0, path)).toEqual({ percent: 0, missing: [path], isMet: false });
    expect(on(50, 'packages/one/', path)).toMatchObject({ missing: [path], isMet: false });
  },
);

it('fails on an empty report', () => {
  expect(judge(new Map(), [{ name: 'everything', paths: [''], minPercent: 85 }])).toMatchObject([
    { percent: 0, missing: [''], isMet: false },
  ]);
});
