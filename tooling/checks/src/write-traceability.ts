/** `npm run traceability`: writes which tests prove which requirement. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWorkspace } from './read-workspace.ts';
import { TRACEABILITY, traceabilityOf } from './traceability.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
writeFileSync(join(root, TRACEABILITY), traceabilityOf(readWorkspace(root)));
