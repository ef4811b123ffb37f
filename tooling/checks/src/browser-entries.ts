import { WITHOUT_NODE } from './dependency-direction.ts';
import type { Finding } from './finding.ts';
import { importsOf, resolveRelative } from './imports.ts';
import type { Workspace, WorkspacePackage } from './workspace.ts';

/** The sub-path by which a package says that pages can load it. */
const BROWSER = './browser';

/**
 * Checks that what a package exports for browsers, and beside it under its own name, leads to no file that a page cannot load: however far
 * away, no `node:` module and no dependency but packages that run without Node.
 */
export function checkBrowserEntries(workspace: Workspace): Finding[] {
  const portable = new Set(
    workspace.packages.filter(({ dir }) => WITHOUT_NODE.has(dir)).map(({ manifest }) => manifest.name),
  );
  return workspace.packages
    .filter(({ manifest }) => manifest.exports?.[BROWSER] !== undefined)
    .flatMap((pkg) =>
      filesFrom(['.', BROWSER], pkg, workspace).flatMap((file): Finding[] =>
        importsOf(file, workspace.files.get(file) ?? '')
          .filter((name) => !name.startsWith('.') && !portable.has(packageOf(name)))
          .map((name) => ({
            file,
            problem: `imports ${name}: a page that loads ${pkg.manifest.name} loads this file`,
          })),
      ),
    );
}

/** The sources that exports name, and what these import of their package. */
function filesFrom(subpaths: readonly string[], { dir, manifest }: WorkspacePackage, { files }: Workspace): string[] {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file) || !files.has(file)) return;
    found.add(file);
    for (const name of importsOf(file, files.get(file) ?? '')) {
      if (name.startsWith('.')) visit(resolveRelative(file, name));
    }
  };
  for (const subpath of subpaths) {
    const target = manifest.exports?.[subpath];
    const source = typeof target === 'string' ? target : target?.['@sessiond/source'];
    if (source !== undefined) visit(resolveRelative(`${dir}/package.json`, source));
  }
  return [...found];
}

function packageOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}
