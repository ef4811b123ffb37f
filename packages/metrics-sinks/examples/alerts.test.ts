import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('an alert ignores a moment, fires, gets worse, and is over when it has been over for a while', () => {
  const example = fileURLToPath(new URL('alerts.ts', import.meta.url));
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', example];
  const printed = execFileSync(process.execPath, node, { encoding: 'utf8' });
  expect(printed.trimEnd().split('\n')).toEqual([
    '50 s: firing, warn, p95 is 4.8 s',
    '80 s: escalated, critical, p95 is 28.8 s',
    '110 s: deescalated, warn, p95 is 1.0 s',
    '140 s: resolved, all is well, p95 is 0.5 s',
  ]);
});
