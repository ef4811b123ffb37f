import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('[R10] a failing call takes the same steps with 100,000 calls in the window as with one', () => {
  const script = fileURLToPath(new URL('count-steps.ts', import.meta.url));
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', script];
  const printed = JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
  expect(printed.calls).toBeGreaterThan(100_000);
  expect(printed.few).toBeGreaterThan(5);
  expect(printed.many).toBeLessThanOrEqual(printed.few);
  // Ten slots are emptied when a window has passed, whatever was in them.
  expect(printed.late - printed.few).toBeLessThan(100);
});
