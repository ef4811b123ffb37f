import { readFileSync } from 'node:fs';

/** The version of this package, from its package.json; the same from the sources and from the build. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}
