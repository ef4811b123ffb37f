import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('[R05] the abort of a waiter takes the same steps among 100,000 others as among two', () => {
  const script = fileURLToPath(new URL('count-abort-steps.ts', import.meta.url));
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', script];
  const { few, many } = JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
  expect(few.waiting).toBe(2);
  expect(many.waiting).toBe(100_000);
  expect(few.steps).toBeGreaterThan(3);
  expect(many.steps).toBe(few.steps);
});
