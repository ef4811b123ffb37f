import { InvalidOptionError } from '@sessiond/resilience';
import { expect, it } from 'vitest';
import { type AcpBackendOptions, resolveAcpOptions } from './acp-backend-options.ts';

const processes = { start: () => Promise.reject(new Error('no process')) };

it.each<Partial<AcpBackendOptions>>([
  { startMs: Number.NaN },
  { gracePeriodMs: -1 },
  { abortMs: 2 ** 31 },
  { firstTokenMs: -1 },
  { maxLineBytes: 0 },
  { maxTranscriptBytes: 1.5 },
])('refuses %o and names the option', (option) => {
  const [name] = Object.keys(option);
  expect(() => resolveAcpOptions({ processes, ...option })).toThrow(InvalidOptionError);
  expect(() => resolveAcpOptions({ processes, ...option })).toThrow(new RegExp(`Cannot create ACP backend.*${name}`));
});

it('takes zero for zero, and nothing for the default', () => {
  const zero = { startMs: 0, gracePeriodMs: 0, abortMs: 0, firstTokenMs: 0, maxTranscriptBytes: 0 };
  expect(resolveAcpOptions({ processes, ...zero })).toMatchObject(zero);
  expect(resolveAcpOptions({ processes })).toMatchObject({ name: 'acp', abortMs: 5_000, firstTokenMs: undefined });
});
