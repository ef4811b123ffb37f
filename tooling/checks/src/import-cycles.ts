import type { Finding } from './finding.ts';
import { importsOf, resolveRelative } from './imports.ts';
import type { Workspace } from './workspace.ts';

/**
 * Finds files that import each other in a circle, and packages that do.
 *
 * Type imports count: two files that need each other's types are one concept in two places.
 * Each circle is reported once, at its first file in alphabetical order.
 */
export function checkImportCycles(workspace: Workspace): Finding[] {
  const fileGraph = new Map<string, string[]>();
  const packageGraph = new Map<string, string[]>();
  const dirByName = new Map(workspace.packages.map(({ manifest, dir }) => [manifest.name, dir]));
  for (const { dir, sources, manifest } of workspace.packages) {
    const imported = new Set<string>();
    for (const file of sources) {
      const specifiers = importsOf(file, workspace.files.get(file) ?? '');
      fileGraph.set(
        file,
        specifiers.filter((name) => name.startsWith('.')).map((name) => resolveRelative(file, name)),
      );
      for (const name of specifiers) {
        const sibling = /^@[^/]+\/[^/]+/.exec(name)?.[0];
        if (sibling !== undefined && sibling !== manifest.name) imported.add(dirByName.get(sibling) ?? sibling);
      }
    }
    packageGraph.set(dir, [...imported]);
  }
  return [...cyclesOf(fileGraph), ...cyclesOf(packageGraph)].map((cycle) => ({
    file: cycle[0] ?? '',
    problem: `imports itself through ${[...cycle.slice(1), cycle[0]].join(' → ')}`,
  }));
}

/** Depth-first search: an edge back to a node on the current path closes a cycle. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles = new Map<string, string[]>();
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): void => {
    const start = path.indexOf(node);
    if (start >= 0) {
      const cycle = path.slice(start);
      const first = cycle.indexOf([...cycle].sort()[0] ?? node);
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
      cycles.set(turned.join('\n'), turned);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    path.pop();
    done.add(node);
  };
  for (const node of [...graph.keys()].sort()) visit(node);
  return [...cycles.values()];
}
