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
  for (const target of Object.values(manifest.exports ?? {})) {
    for (const [condition, path] of typeof target === 'string' ? [['default', target]] : Object.entries(target)) {
      if (condition === '@sessiond/source') problems.push(`exports its sources (${path}), which are not in it`);
      else if (!includes(entries, path!)) problems.push(`exports ${path}, which is not in it`);
    }
  }
  for (const target of Object.values(manifest.bin ?? {})) {
    if (!includes(entries, target)) problems.push(`has a bin ${target}, which is not in it`);
  }
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (/^(?:workspace|link|file|catalog):/.test(range))
      problems.push(`depends on ${name}@${range}, which no registry has`);
  }
  return problems;
}

/** Whether a file is there for the target, which begins with `./` and may hold one `*`. */
function includes(entries: readonly string[], target: string): boolean {
  const [prefix, suffix] = target.replace(/^\.\//, '').split('*');
  return entries.some((entry) =>
    suffix === undefined ? entry === prefix : entry.startsWith(prefix!) && entry.endsWith(suffix),
  );
}
