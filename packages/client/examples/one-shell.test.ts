import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// That it does what it promises is tested where there is a daemon, in apps/cli/test.
it('is the example of the README', () => {
  const code = readFileSync(new URL('one-shell.ts', import.meta.url), 'utf8');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
});
