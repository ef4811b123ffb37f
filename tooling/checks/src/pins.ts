import type { Finding } from './finding.ts';
import type { Workspace } from './workspace.ts';

/** Tools that stop working when their versions differ. */
const SAME_VERSION: readonly (readonly [string, string])[] = [['vitest', '@vitest/coverage-v8']];

/**
 * Checks that pins which have to agree do: the pnpm that scripts, workflows and documents name is the one of the
 * `packageManager` field.
 */
export function checkPins({ files, root }: Workspace): Finding[] {
  const findings: Finding[] = [];
  const pinned = /^pnpm@([\d.]+)\+sha512\./.exec(root.packageManager ?? '')?.[1];
  if (pinned === undefined)
    findings.push({ file: 'package.json', problem: 'pins no pnpm with a sha512 in packageManager' });
  for (const [file, text] of files) {
    if (!/(?:^|\/)package\.json$|\.(?:md|ya?ml)$|^\.ci\//.test(file) || file === 'pnpm-lock.yaml') continue;
    for (const [, version] of text.matchAll(/\bpnpm@(\d+\.\d+\.\d+)/g)) {
      if (version !== pinned) findings.push({ file, problem: `names pnpm ${version}, packageManager pins ${pinned}` });
    }
  }
  for (const [one, other] of SAME_VERSION) {
    if (root.devDependencies?.[one] !== root.devDependencies?.[other]) {
      findings.push({ file: 'package.json', problem: `has different versions of ${one} and ${other}` });
    }
  }
  return findings;
}
