import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from './errors.ts';
import { checkedDimension, checkedGrace, type PtyOptions, resolvePtyOptions } from './pty-options.ts';

const MINIMAL: PtyOptions = { command: 'sh', env: { A: '1' } };

test('[B04] defaults', () => {
  expect(resolvePtyOptions(MINIMAL)).toEqual({
    command: 'sh',
    args: [],
    cwd: process.cwd(),
    env: { A: '1', PWD: process.cwd() },
    cols: 80,
    rows: 24,
    inputQueueBytes: 1_048_576,
    gracePeriodMs: 5_000,
    idleTimeoutMs: 300_000,
  });
});

test('a relative directory becomes absolute, and PWD says so whatever the caller wrote', () => {
  const { cwd, env } = resolvePtyOptions({ ...MINIMAL, cwd: '../x/', env: { PWD: '/lie' } });
  expect(cwd).toBe(new URL('../x', `file://${process.cwd()}/`).pathname);
  expect(env['PWD']).toBe(cwd);
});

test('the options object of the caller is left as it was', () => {
  const options = Object.freeze({ ...MINIMAL, args: Object.freeze(['-c']), env: Object.freeze({ A: '1' }) });
  expect(resolvePtyOptions(options).args).toEqual(['-c']);
});

describe('[B24] a value out of range is refused and named', () => {
  test.each<[string, Partial<PtyOptions>]>([
    ['cols', { cols: 0 }],
    ['cols', { cols: 10_001 }],
    ['cols', { cols: 80.5 }],
    ['cols', { cols: Number.NaN }],
    ['rows', { rows: -1 }],
    ['rows', { rows: Number.POSITIVE_INFINITY }],
    ['inputQueueBytes', { inputQueueBytes: 0 }],
    ['inputQueueBytes', { inputQueueBytes: 4_095 }],
    ['inputQueueBytes', { inputQueueBytes: 2 ** 30 + 1 }],
    ['gracePeriodMs', { gracePeriodMs: -1 }],
    ['gracePeriodMs', { gracePeriodMs: Number.NaN }],
    ['gracePeriodMs', { gracePeriodMs: 2 ** 31 }],
    ['command', { command: '' }],
    ['command', { command: 'a\0b' }],
    ['args', { args: ['ok', 'a\0b'] }],
    ['cwd', { cwd: '/tmp\0/x' }],
    ['env', { env: { '': 'x' } }],
    ['env', { env: { 'A=B': 'x' } }],
    ['env', { env: { 'A\0': 'x' } }],
    ['env', { env: { A: 'x\0y' } }],
  ])('%s: %o', (option, wrong) => {
    expect(() => resolvePtyOptions({ ...MINIMAL, ...wrong })).toThrow(InvalidOptionError);
    expect(() => resolvePtyOptions({ ...MINIMAL, ...wrong })).toThrow(expect.objectContaining({ option }));
  });
});

test('the limits themselves are allowed', () => {
  expect([1, 10_000].map((value) => checkedDimension('rows', value))).toEqual([1, 10_000]);
  expect([0, 2 ** 31 - 1].map(checkedGrace)).toEqual([0, 2 ** 31 - 1]);
  expect(resolvePtyOptions({ ...MINIMAL, inputQueueBytes: 4_096 }).inputQueueBytes).toBe(4_096);
});

test('no value of a variable appears in a message', () => {
  expect(() => resolvePtyOptions({ ...MINIMAL, env: { TOKEN: 'hunter2\0' } })).toThrow(/^(?!.*hunter2)/);
});
