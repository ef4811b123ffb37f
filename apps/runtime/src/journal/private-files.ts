import { chmodSync, type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Takes the rights of others from every file in a folder and those below it. The folder of the journal keeps others out by its own mode; this is for copies and
 * for whoever loosens it. Never throws: a file may go away meanwhile.
 */
export function makeFilesPrivate(folder: string): void {
  for (const entry of entries(folder)) {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) makeFilesPrivate(path);
      else if (entry.isFile()) chmodSync(path, 0o600);
    } catch {
      // Gone already.
    }
  }
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
