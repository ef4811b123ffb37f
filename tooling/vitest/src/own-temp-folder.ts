import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the temporary files of one test file, in which everything that is left over is found. */
export interface OwnTempFolder {
  /** Deletes it, and lets the process have the temporary folder it had before. @returns the names of what was in it. */
  close(): string[];
}

/** Makes the folder and has this process, and programs that inherit its environment, use it. A test file that cannot be loaded leaves it. */
export function ownTempFolder(): OwnTempFolder {
  const outer = process.env['TMPDIR'];
  // tsx keeps here what it has compiled, for everybody: without it each program of a test would compile its files again.
  const compiled = `tsx-${process.getuid?.()}`;
  const compiledByAll = join(tmpdir(), compiled);
  mkdirSync(compiledByAll, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(tmpdir(), 't-'));
  symlinkSync(compiledByAll, join(folder, compiled));
  process.env['TMPDIR'] = folder;
  return {
    close: () => {
      const left = readdirSync(folder).filter((name) => name !== compiled);
      rmSync(folder, { recursive: true });
      if (outer === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = outer;
      return left;
    },
  };
}
