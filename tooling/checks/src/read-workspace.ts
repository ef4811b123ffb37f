import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Workspace, workspaceOf } from './workspace.ts';

/** Folders and files that git ignores here; walking beats asking git, which an unpacked archive does not have. */
const IGNORED = new Set(['.git', '.turbo', 'node_modules', 'dist', 'coverage']);
const IGNORED_SUFFIX = /\.(?:log|tgz|tsbuildinfo)$/;

/** Reads a repository from disk. Costs one read per file; throws when a file cannot be read. */
export function readWorkspace(root: string): Workspace {
  const files = new Map<string, string>();
  const walk = (dir: string): void => {
    for (const entry of readdirSync(join(root, dir), { withFileTypes: true })) {
      const path = dir === '' ? entry.name : `${dir}/${entry.name}`;
      if (IGNORED.has(entry.name) || IGNORED_SUFFIX.test(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) files.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  walk('');
  return workspaceOf(files);
}
