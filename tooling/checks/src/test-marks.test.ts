import { expect, it } from 'vitest';
import { fixture } from './fixture.ts';
import { checkTestMarks } from './test-marks.ts';

// Put together here, so that this file carries no such mark.
const call = (...parts: string[]): string => parts.join('.');

it.each([
  call('it', 'only'),
  call('describe', 'only'),
  call('test', 'concurrent', 'only'),
  call('it', 'skip'),
  call('describe', 'todo'),
  call('it', 'skipIf'),
])('refuses %s', (mark) => {
  expect(checkTestMarks(fixture({ 'packages/client/src/a.test.ts': `\n${mark}('x', () => {});` }))).toMatchObject([
    { file: 'packages/client/src/a.test.ts:2' },
  ]);
});

it('refuses a skip that gives no reason', () => {
  const text = `it('x', (${'ctx'}) => ${call('ctx', 'skip')}())`;
  expect(checkTestMarks(fixture({ 'packages/client/src/a.test.ts': text }))).toHaveLength(1);
});

it('accepts a skip with its reason, and the words elsewhere', () => {
  const files = {
    'packages/client/src/a.test.ts': "it('x', (ctx) => ctx.skip('no tmux here'));",
    'docs/a.md': `never write ${call('it', 'only')}`,
  };
  expect(checkTestMarks(fixture(files))).toEqual([]);
});
