import { expect, it } from 'vitest';
import { tarballProblems } from './tarball-contents.ts';

const entries = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts'];
const exported = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } };

it('accepts a tarball with everything it names', () => {
  expect(tarballProblems(entries, { name: 'a', exports: exported, dependencies: { b: '^1.0.0' } })).toEqual([]);
});

it('refuses a tarball without licence, README, exported file or bin', () => {
  expect(tarballProblems(['package.json'], { name: 'a', exports: exported, bin: { a: './bin/a.js' } })).toEqual([
    'lacks LICENSE',
    'lacks README.md',
    'exports ./dist/index.d.ts, which is not in it',
    'exports ./dist/index.js, which is not in it',
    'has a bin ./bin/a.js, which is not in it',
  ]);
});

it('looks for at least one file behind a pattern', () => {
  const manifest = { name: 'a', exports: { './schema/*.json': './schema/*.json' } };
  expect(tarballProblems([...entries, 'schema/a.json'], manifest)).toEqual([]);
  expect(tarballProblems(entries, manifest)).toEqual(['exports ./schema/*.json, which is not in it']);
});

it('refuses tests, sources for the workspace and ranges that only the workspace understands', () => {
  const manifest = {
    name: 'a',
    exports: { '.': { '@sessiond/source': './src/index.ts', ...exported['.'] } },
    dependencies: { b: 'workspace:^' },
  };
  expect(tarballProblems([...entries, 'dist/a.test.js'], manifest)).toEqual([
    'carries dist/a.test.js, which nobody runs',
    'exports its sources (./src/index.ts), which are not in it',
    'depends on b@workspace:^, which no registry has',
  ]);
});
