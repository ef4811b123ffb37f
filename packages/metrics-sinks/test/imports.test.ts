import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Every package that a module needs when it runs, itself or through modules beside it. */
function packagesOf(module: URL, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(module.href)) return packages;
  seen.add(module.href);
  const code = readFileSync(module, 'utf8');
  for (const [, clause, specifier] of code.matchAll(/^(?:import|export)\s+([^;]*?)from '([^']+)';$/gm)) {
    if (clause!.startsWith('type ')) continue;
    if (!specifier!.startsWith('.')) packages.add(specifier!);
    else for (const name of packagesOf(new URL(specifier!, module), seen)) packages.add(name);
  }
  return packages;
}

it.each([
  ['index.ts', []],
  ['prometheus.ts', ['prom-client']],
  ['opentelemetry.ts', []],
])('%s needs no more of others than %j', (name, expected) => {
  expect([...packagesOf(new URL(`../src/${name}`, import.meta.url))]).toEqual(expected);
});
