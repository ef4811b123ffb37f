// Renews the tables of docs/operations.md that the code decides.
import { readFileSync, writeFileSync } from 'node:fs';
import { manualFile, withFreshRegions } from './operations-manual.ts';

writeFileSync(manualFile, withFreshRegions(readFileSync(manualFile, 'utf8')));
