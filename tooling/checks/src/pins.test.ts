import { expect, it } from 'vitest';
import { fixture, GOOD_ROOT } from './fixture.ts';
import { checkPins } from './pins.ts';

it('accepts one pnpm everywhere', () => {
  expect(checkPins(fixture({ 'README.md': 'npx -y pnpm@1.2.3 install' }))).toEqual([]);
});

it('refuses another pnpm in a workflow, a document or a script', () => {
  const other = `npx -y ${['pnpm', '1.2.4'].join('@')} install`;
  const files = { '.github/workflows/ci.yml': `run: ${other}`, 'README.md': other, '.ci/run': other };
  expect(checkPins(fixture(files)).map(({ file }) => file)).toEqual(Object.keys(files));
});

it('refuses a pin that corepack would not verify', () => {
  const root = { ...GOOD_ROOT, packageManager: 'pnpm@1.2.3' };
  expect(checkPins(fixture({ 'package.json': root }))).toContainEqual({
    file: 'package.json',
    problem: 'pins no pnpm with a sha512 in packageManager',
  });
});

it('refuses different versions of vitest and its coverage', () => {
  const root = { ...GOOD_ROOT, devDependencies: { vitest: '1.0.0', '@vitest/coverage-v8': '1.0.1' } };
  expect(checkPins(fixture({ 'package.json': root }))).toHaveLength(1);
});
