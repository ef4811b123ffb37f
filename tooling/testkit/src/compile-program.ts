import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Compiles a module of this workspace, named by the URL of its source, with all that it imports: the text is a module that a plain Node runs, with the same exports.
 *
 * For programs that tests start again and again: each time Node takes 300 ms of processor time until it can load TypeScript by itself, this takes 50 once. What such a
 * module finds beside itself it looks for beside the text. Throws when it does not compile.
 */
export function compileProgram(source: URL): string {
  // As a program, which is gone when it is done: as a library it keeps a process that a test would have left behind.
  const compiler = fileURLToPath(import.meta.resolve('esbuild/bin/esbuild'));
  const options = [
    '--bundle',
    '--format=esm',
    '--platform=node',
    '--target=node20.19',
    '--conditions=@sessiond/source',
  ];
  return execFileSync(compiler, [fileURLToPath(source), ...options, '--log-level=error'], {
    encoding: 'utf8',
    maxBuffer: MAX_BYTES,
  });
}
