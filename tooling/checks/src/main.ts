import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBrowserEntries } from './browser-entries.ts';
import { checkDependencyDirection } from './dependency-direction.ts';
import { checkImportCycles } from './import-cycles.ts';
import { checkLockfile } from './lockfile.ts';
import { checkMachinePaths } from './machine-paths.ts';
import { checkPackageShape } from './package-shape.ts';
import { checkPins } from './pins.ts';
import { readWorkspace } from './read-workspace.ts';
import { checkTestMarks } from './test-marks.ts';
import { checkTraceability } from './traceability.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const workspace = readWorkspace(root);
// The folder around the checkout, unless it is one that many machines have.
const places = [homedir(), dirname(root)].filter((place) => !['/', '/tmp', '/src', '/app'].includes(place));

const findings = [
  ...checkDependencyDirection(workspace),
  ...checkBrowserEntries(workspace),
  ...checkImportCycles(workspace),
  ...checkPackageShape(workspace),
  ...checkLockfile(workspace),
  ...checkMachinePaths(
    workspace,
    places.map((place) => `${place}/`),
  ),
  ...checkTestMarks(workspace),
  ...checkPins(workspace),
  ...checkTraceability(workspace),
];
for (const { file, problem } of findings) console.error(`${file}: ${problem}`);
console.log(
  `Checked ${workspace.files.size} files of ${workspace.packages.length} packages: ${findings.length} findings`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
