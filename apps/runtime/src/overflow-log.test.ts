import { childEnvironment, PtyManager } from '@sessiond/pty-core';
import { expect, test } from 'vitest';
import type { Logger } from './logger.ts';
import { logOverflows } from './overflow-log.ts';

test('[T014] a terminal that loses output again and again is warned of once', async () => {
  const ptys = new PtyManager();
  const warnings: unknown[] = [];
  const stop = logOverflows(ptys, { warn: (facts: unknown) => warnings.push(facts) } as unknown as Logger);
  const env = childEnvironment(process.env);
  const script = 'stty raw; head -c 100000 /dev/zero; read -r x; head -c 100000 /dev/zero';
  const pty = ptys.spawn({ command: 'sh', args: ['-c', script], env, bufferBytes: 4_096, sessionId: 's', laneId: 'l' });
  // Never reads, so that all but the last ring of both floods is lost.
  pty.output.openReader(0, () => {});
  for await (const _ of pty.output.chunks()) if (pty.output.end >= 100_000) break;
  pty.write(Buffer.from('\n'));
  await pty.stopped;
  stop();
  expect(pty.output.stats().totalDropped).toBe(pty.output.end - 4_096);
  expect(warnings).toEqual([{ event: 'overflow', sessionId: 's', laneId: 'l', droppedBytes: expect.any(Number) }]);
});
