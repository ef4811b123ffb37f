import { expect, it } from 'vitest';
import { fixture, goodManifest } from './fixture.ts';
import { checkPackageShape } from './package-shape.ts';
import type { Manifest } from './workspace.ts';

const dir = 'packages/client';
const good = goodManifest(dir);

function problemsOf(manifest: Manifest, files: Record<string, string> = {}): string[] {
  return checkPackageShape(fixture({ [`${dir}/package.json`]: manifest, ...files })).map(({ problem }) => problem);
}

it('accepts a package like the others, and private packages as they are', () => {
  expect(problemsOf(good)).toEqual([]);
  expect(problemsOf({ name: 'anything', private: true })).toEqual([]);
});

it('refuses a package without a README', () => {
  expect(problemsOf(good, { [`${dir}/README.md`]: ' \n' })).toEqual(['has no README.md beside it']);
});

it('refuses a registry manifest that exports the sources', () => {
  const { exports } = good;
  expect(problemsOf({ ...good, publishConfig: { access: 'public', exports: exports! } })).toEqual([
    'publishes "." otherwise than it exports it',
  ]);
});

it('refuses sub-paths that are forgotten in publishConfig or point nowhere', () => {
  const node = { '@sessiond/source': './src/node.ts', types: './dist/node.d.ts', default: './dist/node.js' };
  const problems = problemsOf({ ...good, exports: { ...good.exports, './node': node } });
  expect(problems).toContain('lists other sub-paths in publishConfig.exports than in exports');
  expect(problems).toContain('exports "./node" from ./src/node.ts, which is not there');
});

it('accepts plain files among the exports, as long as they are there', () => {
  const assets = { './schema/*.json': './schema/*.json' };
  const manifest = {
    ...good,
    exports: { ...good.exports, ...assets },
    publishConfig: { access: 'public', exports: { ...good.publishConfig?.exports, ...assets } },
  };
  expect(problemsOf(manifest, { [`${dir}/schema/a.json`]: '{}' })).toEqual([]);
  expect(problemsOf(manifest)).toEqual(['exports "./schema/*.json" from ./schema/*.json, which is not there']);
});

it('refuses conditions in an order in which types come late', () => {
  const late = { '@sessiond/source': './src/index.ts', default: './dist/index.js', types: './dist/index.d.ts' };
  expect(problemsOf({ ...good, exports: { '.': late } })).toContain(
    'exports "." with other conditions than @sessiond/source, types, default in this order',
  );
});

it('refuses a bin without a shebang or outside of the published files', () => {
  const manifest = { ...good, bin: { tool: './bin/tool.js' } };
  expect(problemsOf(manifest, { [`${dir}/bin/tool.js`]: 'import "../dist/index.js"' })).toEqual([
    'has a bin bin/tool.js that is no Node script',
    'does not list bin/tool.js in files',
  ]);
});

it('names every missing field', () => {
  expect(problemsOf({ name: 'client' })).toEqual([
    'is not named after its folder',
    'lacks "type": "module"',
    'lacks "license": "MIT"',
    'lacks a description',
    'lacks "engines": {"node": ">=20.19.0"}',
    'lacks "repository.directory": "packages/client"',
    'lacks "publishConfig.access": "public"',
    'does not list "dist" in files',
    'lacks the script "build"',
    'exports no "."',
  ]);
});
