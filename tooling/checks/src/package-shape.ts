import type { Finding } from './finding.ts';
import type { ExportTarget, Workspace, WorkspacePackage } from './workspace.ts';

const SOURCE_CONDITION = '@sessiond/source';

/**
 * Checks that every published package looks like the others: README, licence, exports map with sources first for the
 * workspace and without them for the registry, the script that builds it.
 */
export function checkPackageShape(workspace: Workspace): Finding[] {
  return workspace.packages
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap((pkg) =>
      problemsOf(pkg, workspace).map((problem): Finding => ({ file: `${pkg.dir}/package.json`, problem })),
    );
}

function problemsOf({ dir, manifest }: WorkspacePackage, { files, root }: Workspace): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  expect((files.get(`${dir}/README.md`) ?? '').trim() !== '', 'has no README.md beside it');
  expect(manifest.name === `@sessiond/${dir.split('/')[1]}`, 'is not named after its folder');
  expect(manifest.type === 'module', 'lacks "type": "module"');
  expect(manifest.license === root.license, `lacks "license": "${root.license}"`);
  expect((manifest.description ?? '') !== '', 'lacks a description');
  expect(manifest.engines?.node === root.engines?.node, `lacks "engines": {"node": "${root.engines?.node}"}`);
  expect(manifest.repository?.directory === dir, `lacks "repository.directory": "${dir}"`);
  expect(manifest.publishConfig?.access === 'public', 'lacks "publishConfig.access": "public"');
  expect(manifest.files?.includes('dist') === true, 'does not list "dist" in files');
  expect(manifest.scripts?.['build'] !== undefined, 'lacks the script "build"');

  const exported = manifest.exports ?? {};
  const published = manifest.publishConfig?.exports ?? {};
  expect(exported['.'] !== undefined, 'exports no "."');
  expect(
    Object.keys(exported).join() === Object.keys(published).join(),
    'lists other sub-paths in publishConfig.exports than in exports',
  );
  for (const [subpath, target] of Object.entries(exported)) {
    const source = typeof target === 'string' ? target : target[SOURCE_CONDITION];
    expect(
      typeof target === 'string' || Object.keys(target).join() === `${SOURCE_CONDITION},types,default`,
      `exports "${subpath}" with other conditions than ${SOURCE_CONDITION}, types, default in this order`,
    );
    expect(
      source !== undefined && exists(`${dir}/${source.slice(2)}`, files),
      `exports "${subpath}" from ${source}, which is not there`,
    );
    expect(
      JSON.stringify(published[subpath]) === JSON.stringify(withoutSource(target)),
      `publishes "${subpath}" otherwise than it exports it`,
    );
  }
  for (const target of Object.values(manifest.bin ?? {})) {
    const path = target.replace(/^\.\//, '');
    expect(
      files.get(`${dir}/${path}`)?.startsWith('#!/usr/bin/env node\n') === true,
      `has a bin ${path} that is no Node script`,
    );
    expect(manifest.files?.includes(path.split('/')[0] ?? path) === true, `does not list ${path} in files`);
  }
  return problems;
}

function exists(path: string, files: ReadonlyMap<string, string>): boolean {
  const [prefix, suffix] = path.split('*');
  if (suffix === undefined) return files.has(path);
  return [...files.keys()].some((file) => file.startsWith(prefix!) && file.endsWith(suffix));
}

function withoutSource(target: ExportTarget): ExportTarget {
  if (typeof target === 'string') return target;
  const { [SOURCE_CONDITION]: _, ...published } = target;
  return published;
}
