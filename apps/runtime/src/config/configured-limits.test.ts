import { expect, it } from 'vitest';
import { resolveConfig } from './config.ts';
import { configuredLimits } from './configured-limits.ts';
import { OPTIONS } from './options.ts';

it('finds every number of the configuration but the port, and tells what is off', () => {
  const { config } = resolveConfig({ flags: { maxPtys: '7', idleTimeoutMs: 'never' }, env: {}, file: null });
  const limits = configuredLimits(config);
  expect(limits).toMatchObject({
    maxPtys: 7,
    idleTimeoutMs: null,
    bufferBytes: 4_194_304,
    maxMessageBytes: 10_485_760,
  });
  const numbers = Object.entries(config).filter(([, value]) => typeof value === 'number' || value === null);
  for (const [name, value] of numbers) {
    const { kind } = OPTIONS[name as keyof typeof OPTIONS];
    if (name !== 'port' && kind !== 'text' && kind !== 'path') expect(limits).toHaveProperty(name, value);
  }
  expect(limits).not.toHaveProperty('port');
});
