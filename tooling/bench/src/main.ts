import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { BenchSuite } from './suite.ts';

const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z][a-z-]*$/.test(name)) {
  console.error('usage: npm run bench -- <suite>');
  process.exit(2);
}

const { suite } = (await import(`./suites/${name}.ts`)) as { suite: BenchSuite };
const rows = await suite.run();
const results = new URL('../results/', import.meta.url);
await mkdir(results, { recursive: true });
const report = {
  suite: suite.name,
  date: new Date().toISOString(),
  node: process.version,
  cpus: availableParallelism(),
  rows,
};
await writeFile(new URL(`${suite.name}.json`, results), `${JSON.stringify(report, null, 2)}\n`);
console.table(
  rows.map(({ name, unit, ours, rival, rivalName, ratio, target, ok }) => ({
    name,
    unit,
    ours,
    rival,
    rivalName,
    ratio,
    target,
    ok,
  })),
);
