import { fileURLToPath } from 'node:url';

/** The script that a process runs for {@link PiBackend}, beside this module: who bundles the package into one file takes it along and names the copy. */
export function piHostPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./host/main.${extension}`, import.meta.url));
}
