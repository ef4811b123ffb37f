import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import type { BenchSuite } from './suite.ts';

const suites = (await readdir(new URL('suites/', import.meta.url)))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const [name] = process.argv.slice(2);
if (name === undefined || !suites.includes(name)) {
  console.error(`usage: npm run bench -- ${suites.sort().join('|')}`);
  process.exit(2);
}

const { suite } = (await import(`./suites/${name}.ts`)) as { suite: BenchSuite };
const conditions = {
  date: new Date().toISOString(),
  node: process.version,
  kernel: release(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: availableParallelism(),
  // What others did on the machine before the run began, over one minute.
  loadBefore: Number(loadavg()[0]?.toFixed(2)),
};
const rows = await suite.run();
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
const targets = rows.filter(({ ok }) => ok !== null);
console.log(`${targets.filter(({ ok }) => ok).length} of ${targets.length} targets hold`);

if (process.env['BENCH_CONTENDERS'] === undefined) {
  const results = new URL('../results/', import.meta.url);
  await mkdir(results, { recursive: true });
  const report = { suite: suite.name, ...conditions, rows };
  await writeFile(new URL(`${suite.name}.json`, results), `${JSON.stringify(report, null, 2)}\n`);
} else {
  console.log('No result written: only a part of the field took part');
}
