import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { manualFile, regionOf, regions } from '../scripts/operations-manual.ts';

it.each(Object.entries(regions))('the operations manual has the table of %s as the code has it', (name, make) => {
  expect(regionOf(readFileSync(manualFile, 'utf8'), name)).toBe(make());
});
