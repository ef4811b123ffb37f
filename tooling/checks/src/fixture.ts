import { type Manifest, type Workspace, workspaceOf } from './workspace.ts';

const EXPORTS = { types: './dist/index.d.ts', default: './dist/index.js' };

/** A manifest in which nothing is wrong, for a package in `dir`. */
export function goodManifest(dir: string): Manifest {
  return {
    name: `@sessiond/${dir.split('/')[1]}`,
    version: '1.0.0',
    description: 'A package.',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19.0' },
    repository: { directory: dir },
    exports: { '.': { '@sessiond/source': './src/index.ts', ...EXPORTS } },
    files: ['dist'],
    publishConfig: { access: 'public', exports: { '.': EXPORTS } },
    scripts: { build: 'tsc' },
  };
}

/** The root manifest that `goodManifest` agrees with. */
export const GOOD_ROOT: Manifest = {
  name: 'root',
  license: 'MIT',
  engines: { node: '>=20.19.0' },
  packageManager: 'pnpm@1.2.3+sha512.00',
  devDependencies: { vitest: '1.0.0', '@vitest/coverage-v8': '1.0.0' },
};

/** A repository of these files, complete with the manifests the checks need; what `files` names wins. */
export function fixture(files: Readonly<Record<string, string | Manifest>>): Workspace {
  const texts = new Map<string, string>([
    ['package.json', JSON.stringify(GOOD_ROOT)],
    ['pnpm-lock.yaml', "lockfileVersion: '9.0'\n"],
  ]);
  for (const path of Object.keys(files)) {
    const dir = /^(?:packages|apps|tooling)\/[^/]+(?=\/)/.exec(path)?.[0];
    if (dir === undefined) continue;
    texts.set(`${dir}/package.json`, JSON.stringify(goodManifest(dir)));
    texts.set(`${dir}/README.md`, '# A package\n');
    texts.set(`${dir}/src/index.ts`, 'export {};\n');
  }
  for (const [path, file] of Object.entries(files))
    texts.set(path, typeof file === 'string' ? file : JSON.stringify(file));
  return workspaceOf(texts);
}
