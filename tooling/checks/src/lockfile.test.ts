import { expect, it } from 'vitest';
import { fixture } from './fixture.ts';
import { checkLockfile } from './lockfile.ts';
import { workspaceOf } from './workspace.ts';

it('accepts a lockfile of names, versions and hashes', () => {
  expect(
    checkLockfile(fixture({ 'pnpm-lock.yaml': "ws@8.0.0:\n  resolution: {integrity: 'sha512-a/b=='}\n" })),
  ).toEqual([]);
});

it('refuses an address, with its line', () => {
  const text = 'ws@8.0.0:\n  resolution: {tarball: https://registry.example/ws.tgz}\n';
  expect(checkLockfile(fixture({ 'pnpm-lock.yaml': text }))).toEqual([
    { file: 'pnpm-lock.yaml:2', problem: 'names a host' },
  ]);
});

it('refuses other lockfiles, registry settings, and no lockfile at all', () => {
  const files = fixture({ 'packages/client/package-lock.json': '{}', '.npmrc': 'registry=https://r.example/' });
  expect(checkLockfile(files).map(({ file }) => file)).toEqual(['packages/client/package-lock.json', '.npmrc']);
  expect(checkLockfile(workspaceOf(new Map()))).toEqual([{ file: 'pnpm-lock.yaml', problem: 'is missing' }]);
});
