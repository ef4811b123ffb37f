/**
 * Packs every package as it would be published and judges its tarball: its contents, then publint, then are-the-types-wrong. Run by
 * `npm run check`, which puts pnpm on the PATH.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { tarballProblems } from './tarball-contents.ts';
import type { Manifest } from './workspace.ts';

/** How nobody can load a package that has ES modules only. */
const NOT_SUPPORTED = ['node10', 'node16-cjs'];

const packages = ['packages', 'apps']
  .flatMap((parent) => readdirSync(parent).map((name) => `${parent}/${name}`))
  .filter((dir) => existsSync(`${dir}/package.json`));
const folder = mkdtempSync(join(tmpdir(), 'tarballs-'));
try {
  const filters = packages.map((dir) => `--filter=./${dir}`);
  execFileSync('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const tarballs = readdirSync(folder);
  let count = 0;
  if (tarballs.length !== packages.length) {
    count++;
    console.error(`Of ${packages.length} packages there are ${tarballs.length} tarballs`);
  }
  for (const name of tarballs) {
    for (const problem of await problemsOf(join(folder, name))) {
      count++;
      console.error(`${name}: ${problem}`);
    }
  }
  console.log(`Judged ${tarballs.length} tarballs: ${count} problems`);
  process.exitCode = count === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function problemsOf(tarball: string): Promise<string[]> {
  const entries = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
  const manifest = JSON.parse(text) as Manifest;
  const inner = entries.map((entry) => entry.replace(/^package\//, ''));
  return [
    ...tarballProblems(inner, manifest),
    ...(await shapeProblems(tarball)),
    ...(await typeProblems(tarball, manifest)),
  ];
}

async function shapeProblems(tarball: string): Promise<string[]> {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages
    .filter((message) => message.type === 'error')
    .map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

async function typeProblems(tarball: string, manifest: Manifest): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  if (result.types === false) return manifest.exports === undefined ? [] : ['has no types'];
  return result.problems
    .filter((problem) => !('resolutionKind' in problem && NOT_SUPPORTED.includes(problem.resolutionKind)))
    .map((problem) => JSON.stringify(problem));
}
