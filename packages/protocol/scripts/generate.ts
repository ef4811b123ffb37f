// Renews what is generated from the registries: the JSON Schema files and the regions of docs/protocol.md and docs/errors.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { schemaFiles, withFreshRegions } from './documents.ts';

const packageFolder = new URL('..', import.meta.url);

for (const [name, make] of Object.entries(schemaFiles)) {
  writeFileSync(new URL(`schema/${name}`, packageFolder), JSON.stringify(make(), undefined, 2));
}

for (const name of ['protocol.md', 'errors.md']) {
  const file = new URL(`../../docs/${name}`, packageFolder);
  writeFileSync(file, withFreshRegions(readFileSync(file, 'utf8')));
}
