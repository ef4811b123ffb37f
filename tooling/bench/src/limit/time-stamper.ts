import { fileURLToPath } from 'node:url';
import type { Workbench } from '../workbench.ts';
import { compile } from './compile.ts';

/** The command line of a program that answers each byte with the moment it was read; in C where it can be compiled. */
export function buildTimeStamper(bench: Workbench): readonly string[] {
  const compiled = compile(bench, 'time-stamper');
  return compiled === null
    ? [process.execPath, fileURLToPath(new URL('time-stamper.js', import.meta.url))]
    : [compiled];
}
