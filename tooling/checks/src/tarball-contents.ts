import type { Manifest } from './workspace.ts';

/**
 * Names what is wrong with a packed package, given its file list (paths inside the tarball's `package/` folder) and the
 * manifest it carries: whether users get the licence, the README and every exported file, and nothing of the workspace.
 */
export function tarballProblems(entries: readonly string[], manifest: Manifest): string[] {
  const problems: string[] = [];
  for (const file of ['LICENSE', 'README.md']) if (!entries.includes(file)) problems.push(`lacks ${file}`);
  for (const entry of entries) {
    if (/\.test\.|(?:^|\/)tsconfig[^/]*\.json$/.test(entry)) problems.push(`carries ${entry}, which nobody runs`);
  }
  const targets = Object.values(manifest.exports ?? {}).flatMap((conditions) => Object.entries(conditions));
  for (const [condition, target] of targets) {
    if (condition === '@sessiond/source') problems.push(`exports its sources (${target}), which are not in it`);
    else if (!entries.includes(target.replace(/^\.\//, ''))) problems.push(`exports ${target}, which is not in it`);
  }
  for (const target of Object.values(manifest.bin ?? {})) {
    if (!entries.includes(target.replace(/^\.\//, ''))) problems.push(`has a bin ${target}, which is not in it`);
  }
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (/^(?:workspace|link|file|catalog):/.test(range))
      problems.push(`depends on ${name}@${range}, which no registry has`);
  }
  return problems;
}
