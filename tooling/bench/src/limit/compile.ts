import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workbench } from '../workbench.ts';

/** Compiles the C program `<name>.c` of this folder into the bench's directory; `null` without a C compiler. */
export function compile(bench: Workbench, name: string): string | null {
  const binary = join(bench.directory, name);
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  try {
    execFileSync('cc', ['-O2', '-o', binary, source], { stdio: ['ignore', 'ignore', 'inherit'] });
    return binary;
  } catch {
    return null;
  }
}
