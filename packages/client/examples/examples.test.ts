import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// That they do what they promise is tested where there is a daemon, in apps/cli/test.
it.each(['one-shell', 'one-agent'])('%s is an example of the README', (name) => {
  const code = readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
});
