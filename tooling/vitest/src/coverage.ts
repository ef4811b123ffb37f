/**
 * Second half of `npm run coverage`: adds what the programs started by tests ran (the built daemon and client) to what
 * the tests ran themselves, prints the lines covered, and fails below the thresholds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeProcessCovs, type ProcessCov, type ScriptCov } from '@bcoe/v8-coverage';
import convert from 'ast-v8-to-istanbul';
import coverage, { type CoverageMapData } from 'istanbul-lib-coverage';
import { parseAstAsync } from 'vite';
import { judge, type Threshold } from './thresholds.ts';

const THRESHOLDS: readonly Threshold[] = [
  { name: 'everything', paths: [''], minPercent: 85 },
  { name: 'terminals', paths: ['packages/pty-core/'], minPercent: 85 },
  // Small, and everything rests on them.
  { name: 'states of terminals', paths: ['packages/pty-core/src/pty-state.ts'], minPercent: 95 },
  { name: 'registry of terminals', paths: ['packages/pty-core/src/pty-registry.ts'], minPercent: 95 },
];

const root = fileURLToPath(new URL('../../..', import.meta.url));
const map = coverage.createCoverageMap(
  JSON.parse(readFileSync(join(root, 'coverage/coverage-final.json'), 'utf8')) as CoverageMapData,
);
const measured = new Set(map.files());
for (const script of programScripts()) map.merge(await toSources(script));
map.filter((file) => measured.has(file));

const report = new Map(
  map.files().map((file) => [file.slice(root.length), map.fileCoverageFor(file).toSummary().lines] as const),
);
const folders = [...new Set([...report.keys()].map((file) => `${file.split('/src/')[0]!}/`))].sort();
for (const { threshold, percent } of judge(
  report,
  folders.map((folder) => ({ name: folder, paths: [folder], minPercent: 0 })),
)) {
  console.log(`${percent.toFixed(1).padStart(6)} %  ${threshold.name}`);
}
for (const { threshold, percent, missing, isMet } of judge(report, THRESHOLDS)) {
  const lacks = missing.length === 0 ? '' : `, not in the report: ${missing.join(', ') || 'any file'}`;
  console.log(
    `${percent.toFixed(1).padStart(6)} %  ${threshold.name}, asked for: ${threshold.minPercent} %${lacks}${isMet ? '' : ' (not met)'}`,
  );
  if (!isMet) process.exitCode = 1;
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
