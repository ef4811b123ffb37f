import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { acpAgent } from '@sessiond/testkit';
import { expect, it } from 'vitest';

const example = new URL('talk.ts', import.meta.url);

it('says what an agent of ACP answers, and how that ended', () => {
  const { command, args } = acpAgent();
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', fileURLToPath(example)];
  const printed = execFileSync(process.execPath, [...node, 'echo hello there', command, ...args], { encoding: 'utf8' });
  expect(printed).toBe('hello there\nstop\n');
});

it('is the second example of the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(example, 'utf8')}\`\`\`\n`);
});
