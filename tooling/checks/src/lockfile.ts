import type { Finding } from './finding.ts';
import type { Workspace } from './workspace.ts';

const FOREIGN_LOCKFILES = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|bun\.lockb?)$/;

/**
 * Checks that there is one lockfile and that it names no host: whoever installs decides which registry serves the
 * packages, and their integrity hashes make sure that it serves the same ones.
 */
export function checkLockfile({ files }: Workspace): Finding[] {
  const findings: Finding[] = [];
  const lines = files.get('pnpm-lock.yaml')?.split('\n');
  if (lines === undefined) findings.push({ file: 'pnpm-lock.yaml', problem: 'is missing' });
  lines?.forEach((line, index) => {
    if (line.includes('://')) findings.push({ file: `pnpm-lock.yaml:${index + 1}`, problem: 'names a host' });
  });
  for (const [file, text] of files) {
    if (FOREIGN_LOCKFILES.test(file)) findings.push({ file, problem: 'is a lockfile of another package manager' });
    if (/(?:^|\/)\.npmrc$/.test(file) && /registry|_auth/i.test(text))
      findings.push({ file, problem: 'names a registry' });
  }
  return findings;
}
