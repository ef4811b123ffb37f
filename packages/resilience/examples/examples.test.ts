import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const examples = readdirSync(new URL('.', import.meta.url)).filter((name) => !name.endsWith('.test.ts'));

it.each(examples)('%s prints what its comments promise', (name) => {
  const example = new URL(name, import.meta.url);
  const promised = [...readFileSync(example, 'utf8').matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(
    ([, comment]) => comment,
  );
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', fileURLToPath(example)];
  const printed = execFileSync(process.execPath, node, { encoding: 'utf8' }).trimEnd().split('\n');
  expect(promised.length).toBeGreaterThan(0);
  expect(printed).toEqual(promised);
});

it('the README shows outage.ts as it is', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(new URL('outage.ts', import.meta.url), 'utf8')}\`\`\`\n`);
});
