import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, test } from 'vitest';

function run(name: string, ...args: string[]): string[] {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', path, ...args];
  return execFileSync(process.execPath, node, { encoding: 'utf8' }).trimEnd().split('\n');
}

const codeOf = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

test.each(['quick-start.ts', 'serve-prometheus.ts', 'one-memory.ts', 'label-budget.ts'])(
  '%s prints what its comments promise',
  (name) => {
    const comments = codeOf(name).matchAll(/^(?:console\.log\(.*\); \/\/ |.*; \/\/ prints: )(.*)$/gm);
    const promised = Array.from(comments, ([, comment]) => comment);
    expect(promised.length).toBeGreaterThan(0);
    expect(run(name)).toEqual(promised);
  },
);

it('the README shows quick-start.ts as it is', () => {
  expect(codeOf('../README.md')).toContain(`\`\`\`ts\n${codeOf('quick-start.ts')}\`\`\`\n`);
});

it('cost.ts measures', () => {
  const figure = String.raw`\d+\.\d+ (?:ns|ms)`;
  const rivals = `${figure} / prom-client: ${figure}`;
  expect(run('cost.ts', '1000').join('\n')).toMatch(
    new RegExp(
      `^counter, add: ${rivals}\nhistogram, record: ${rivals}\nlook up a handle: ${figure}\n` +
        `snapshot of 10,000 series: ${figure}\nscrape of 10,000 series: ${rivals}$`,
    ),
  );
});
