/**
 * Second half of `npm run coverage`: adds what the programs started by tests ran (the built daemon and client) to what
 * the tests ran themselves, prints the lines covered, and fails below the thresholds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeProcessCovs, type ProcessCov, type ScriptCov } from '@bcoe/v8-coverage';
import convert from 'ast-v8-to-istanbul';
import coverage, { type CoverageMap, type CoverageMapData } from 'istanbul-lib-coverage';
import { parseAstAsync } from 'vite';

const THRESHOLDS: readonly { readonly name: string; readonly files: RegExp; readonly lines: number }[] = [
  { name: 'everything', files: /(?:)/, lines: 85 },
  // Small, and everything rests on them.
  { name: 'states and registry of terminals', files: /packages\/pty-core\/src\/pty-(?:state|manager)\.ts$/, lines: 95 },
];

const root = fileURLToPath(new URL('../../..', import.meta.url));
const map = coverage.createCoverageMap(
  JSON.parse(readFileSync(join(root, 'coverage/coverage-final.json'), 'utf8')) as CoverageMapData,
);
const measured = new Set(map.files());
for (const script of programScripts()) map.merge(await toSources(script));
map.filter((file) => measured.has(file));

for (const folder of [...new Set(map.files().map((file) => file.slice(root.length).split('/src/')[0]!))].sort()) {
  console.log(
    `${percentage(map, (file) => file.startsWith(`${root}${folder}/`))
      .toFixed(1)
      .padStart(6)} %  ${folder}`,
  );
}
for (const { name, files, lines } of THRESHOLDS) {
  const found = percentage(map, (file) => files.test(file));
  console.log(`${found.toFixed(1).padStart(6)} %  ${name}, asked for: ${lines} %`);
  if (found < lines) process.exitCode = 1;
}

/** The built scripts of this repository that programs ran, each with the sum of all runs. */
function programScripts(): ScriptCov[] {
  const folder = join(root, 'coverage/programs');
  const runs = readdirSync(folder).map((name): ProcessCov => {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as ProcessCov;
    const isOurs = ({ url }: ScriptCov): boolean =>
      /\/(?:packages|apps)\/[^/]+\/dist\//.test(url) && url.includes(root);
    return { result: result.filter(isOurs) };
  });
  return mergeProcessCovs(runs).result;
}

/** The coverage of a built script as one of the sources it was built from. */
async function toSources({ url, functions }: ScriptCov): Promise<CoverageMapData> {
  const path = fileURLToPath(url);
  const code = readFileSync(path, 'utf8');
  const sourceMap = JSON.parse(readFileSync(`${path}.map`, 'utf8')) as { version: 3 };
  return (await convert({
    code,
    ast: await parseAstAsync(code),
    sourceMap: sourceMap as never,
    coverage: { url, functions },
  })) as CoverageMapData;
}

function percentage(of: CoverageMap, isCounted: (file: string) => boolean): number {
  const summary = coverage.createCoverageSummary();
  for (const file of of.files()) if (isCounted(file)) summary.merge(of.fileCoverageFor(file).toSummary());
  return summary.lines.pct;
}
