/**
 * Packs the package in the current folder as it would be published and judges the tarball: its contents, then publint,
 * then are-the-types-wrong. Run through the script `tarball` of each package, which puts pnpm and both tools on the PATH.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tarballProblems } from './tarball-contents.ts';
import type { Manifest } from './workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'tarball-'));
try {
  execFileSync('pnpm', ['pack', '--pack-destination', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = join(folder, readdirSync(folder)[0] ?? '');
  const entries = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const manifest = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });

  const problems = tarballProblems(
    entries.map((entry) => entry.replace(/^package\//, '')),
    JSON.parse(manifest) as Manifest,
  );
  for (const problem of problems) console.error(`The tarball ${problem}`);
  const judges = [
    ['publint', tarball, '--strict'],
    ['attw', tarball, '--profile', 'esm-only'],
  ] as const;
  const accepted = judges.map(([command, ...args]) => {
    const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
    if (error) throw error;
    if (status !== 0) console.error(stdout + stderr);
    return status === 0;
  });
  process.exitCode = problems.length === 0 && accepted.every(Boolean) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
