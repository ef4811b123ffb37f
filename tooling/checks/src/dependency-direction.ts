import type { Finding } from './finding.ts';
import { importsOf, resolveRelative } from './imports.ts';
import { isShipped, type Manifest, type Workspace, type WorkspacePackage } from './workspace.ts';

/**
 * Who may import whom. Every package has a row, so that adding one means deciding where it stands.
 * Rows only name packages above them or `packages/*`, which keeps the table free of cycles.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // Tier 0: never import each other.
  'packages/ring-buffer': [],
  'packages/resilience': [],
  'packages/metrics-sinks': [],
  'packages/protocol': [],
  // Tier 1
  'packages/pty-core': ['packages/ring-buffer'],
  'packages/client': ['packages/protocol'],
  'packages/agent-core': ['packages/protocol', 'packages/resilience'],
  'packages/token-file': ['packages/protocol'],
  // Tier 2
  'apps/runtime': ['packages/*'],
  'apps/cli': ['packages/client', 'packages/protocol', 'packages/token-file'],
  'apps/web': ['packages/client', 'packages/protocol'],
  // Development
  'tooling/tsconfig': [],
  'tooling/vitest': [],
  'tooling/bundle': [],
  'tooling/checks': [],
  'tooling/start': ['packages/pty-core'],
  'tooling/testkit': ['packages/*'],
  'tooling/bench': ['packages/*', 'tooling/testkit'],
};

/** What tests of any package may import besides. */
const TESTS_MAY_IMPORT = ['tooling/testkit'];

/** Packages that run in a browser or a worker as they are. */
export const WITHOUT_NODE: ReadonlySet<string> = new Set(['packages/ring-buffer', 'packages/protocol']);

/**
 * Checks every import against the tiers: sibling packages only downwards and only through declared exports, no relative
 * path out of a package, no undeclared dependency in shipped code, no `node:` module where a browser has to run it.
 */
export function checkDependencyDirection(workspace: Workspace): Finding[] {
  const findings: Finding[] = [];
  const siblings = new Map(workspace.packages.map((pkg) => [pkg.manifest.name, pkg]));
  for (const pkg of workspace.packages) {
    if (MAY_IMPORT[pkg.dir] === undefined) {
      findings.push({ file: `${pkg.dir}/package.json`, problem: 'has no row in the table of who may import whom' });
    }
    for (const file of pkg.sources) {
      for (const specifier of importsOf(file, workspace.files.get(file) ?? '')) {
        const problem = problemOf(pkg, file, specifier, siblings, workspace.root);
        if (problem !== null) findings.push({ file, problem: `imports ${specifier}: ${problem}` });
      }
    }
  }
  return findings;
}

function problemOf(
  pkg: WorkspacePackage,
  file: string,
  specifier: string,
  siblings: ReadonlyMap<string, WorkspacePackage>,
  root: Manifest,
): string | null {
  if (specifier.startsWith('.')) {
    return resolveRelative(file, specifier).startsWith(`${pkg.dir}/`)
      ? null
      : 'a relative path may not leave the package';
  }
  const shipped = isShipped(pkg, file);
  if (specifier.startsWith('node:')) {
    return shipped && WITHOUT_NODE.has(pkg.dir) ? `${pkg.dir} has to run without Node` : null;
  }
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const sibling = siblings.get(name);
  if (sibling === undefined) {
    return shipped && !isDeclared(pkg, name, root) ? `${name} is not among the dependencies of ${pkg.dir}` : null;
  }
  if (sibling === pkg)
    return shipped ? 'a package names itself only from its tests and examples' : exportProblem(sibling, specifier);
  const allowed = [...(MAY_IMPORT[pkg.dir] ?? []), ...(shipped ? [] : TESTS_MAY_IMPORT)];
  const isAllowed = allowed.some(
    (row) => row === sibling.dir || (row === 'packages/*' && sibling.dir.startsWith('packages/')),
  );
  if (!isAllowed) return `${pkg.dir} may import ${allowed.join(', ') || 'nothing of this workspace'}`;
  if (shipped && !isDeclared(pkg, name, root)) return `${name} is not among the dependencies of ${pkg.dir}`;
  return exportProblem(sibling, specifier);
}

/** Whether users of the package get the dependency; a private one, which has no users, may also use development tools. */
function isDeclared({ manifest }: WorkspacePackage, name: string, root: Manifest): boolean {
  const groups = [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies];
  if (manifest.private === true) groups.push(manifest.devDependencies, root.devDependencies);
  return groups.some((group) => group?.[name] !== undefined);
}

function exportProblem({ manifest }: WorkspacePackage, specifier: string): string | null {
  const subpath = `.${specifier.slice(manifest.name.length)}`;
  return manifest.exports?.[subpath] === undefined ? `${manifest.name} does not export ${subpath}` : null;
}
