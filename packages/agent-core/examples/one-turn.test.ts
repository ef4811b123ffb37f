import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const example = new URL('one-turn.ts', import.meta.url);
const code = readFileSync(example, 'utf8');

it('prints what its comments promise', () => {
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', fileURLToPath(example)];
  const printed = execFileSync(process.execPath, node, { encoding: 'utf8' }).trimEnd().split('\n');
  expect(promised.length).toBeGreaterThan(0);
  expect(printed).toEqual(promised);
});

it('is the example of the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
});
