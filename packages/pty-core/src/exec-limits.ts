import { SpawnError } from './errors.ts';

/** Linux: the most bytes of one argument or variable; one more is the NUL at its end. */
const MAX_STRING_BYTES = 128 * 1024 - 1;
/** Linux: the most for all of them together, a quarter of the usual stack of 8 MiB; a page is left for what the kernel adds. */
const MAX_TOTAL_BYTES = 2 * 1024 * 1024 - 4_096;
/** What each string takes beyond its bytes: the NUL and a pointer. */
const OVERHEAD_BYTES = 9;

/**
 * Checks that the kernel will take a program's arguments and environment; after the fork it is too late to tell.
 * @throws SpawnError with the sizes found and allowed.
 */
export function checkExecLimits(file: string, args: readonly string[], env: Readonly<Record<string, string>>): void {
  let totalBytes = Buffer.byteLength(file);
  const add = (bytes: number) => {
    if (bytes > MAX_STRING_BYTES) throw tooLong('one argument or variable has', bytes, MAX_STRING_BYTES);
    totalBytes += bytes + OVERHEAD_BYTES;
  };
  for (const arg of [file, ...args]) add(Buffer.byteLength(arg));
  for (const [name, value] of Object.entries(env)) add(Buffer.byteLength(name) + 1 + Buffer.byteLength(value));
  if (totalBytes > MAX_TOTAL_BYTES) throw tooLong('arguments and environment have', totalBytes, MAX_TOTAL_BYTES);
}

function tooLong(what: string, bytes: number, allowed: number): SpawnError {
  const message = `${what} ${bytes.toLocaleString('en-US')} bytes, allowed are ${allowed.toLocaleString('en-US')}`;
  return new SpawnError('arguments-too-long', message);
}
