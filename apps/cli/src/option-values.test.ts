import { describe, expect, it } from 'vitest';
import {
  bytes,
  cells,
  duration,
  durationOrNever,
  position,
  signalName,
  variable,
  wholeNumber,
  windowCells,
} from './option-values.ts';

describe('option values', () => {
  it('reads numbers and refuses what only looks like one', () => {
    expect(wholeNumber('0')).toBe(0);
    expect(wholeNumber('65536')).toBe(65_536);
    for (const text of ['', '-1', '1.5', '1e3', '0x10', '9'.repeat(20)]) expect(() => wholeNumber(text)).toThrow();
    expect(cells('10000')).toBe(10_000);
    for (const text of ['0', '10001']) expect(() => cells(text)).toThrow('from 1 to 10000');
  });

  it('reads bytes with and without units', () => {
    expect(['4096', '64KiB', '64k', '4MiB', '1g', '1 MiB'].map(bytes)).toEqual([
      4_096,
      65_536,
      65_536,
      4_194_304,
      2 ** 30,
      2 ** 20,
    ]);
    for (const text of ['', 'MiB', '4 parsecs', '4MB', '-1k']) expect(() => bytes(text)).toThrow('64KiB');
  });

  it('reads times with a unit', () => {
    expect(['45m', '12h', '30d', '8w'].map(duration)).toEqual([2_700_000, 43_200_000, 2_592_000_000, 4_838_400_000]);
    for (const text of ['', '30', 'd', '0d', '-1d', '1.5h', '1y', '999999d'])
      expect(() => duration(text)).toThrow('30d');
  });

  it('reads positions and sizes', () => {
    expect(['start', 'now', '17'].map(position)).toEqual(['start', 'now', 17]);
    for (const text of ['end', '', '-5']) expect(() => position(text)).toThrow('start, now or an offset');
    expect(windowCells('132x43')).toEqual({ cols: 132, rows: 43 });
    for (const text of ['132', '0x43', 'axb']) expect(() => windowCells(text)).toThrow();
  });

  it('reads times, and the word for none', () => {
    expect(['0', '1500', 'never'].map(durationOrNever)).toEqual([0, 1500, null]);
    for (const text of ['', '-1', 'off', '1.5']) expect(() => durationOrNever(text)).toThrow();
  });

  it('reads signals by every usual name', () => {
    expect(['INT', 'sigint', 'SIGINT', '2', 'usr1'].map(signalName)).toEqual([
      'SIGINT',
      'SIGINT',
      'SIGINT',
      'SIGINT',
      'SIGUSR1',
    ]);
    for (const text of ['', 'NOTHING', '0', '99', '__proto__']) expect(() => signalName(text)).toThrow('no signal');
  });

  it('collects variables, and passes one on by its name', () => {
    const read = variable({ HOME: '/home/me' });
    expect(read('B=x=y', read('A=', undefined))).toEqual({ A: '', B: 'x=y' });
    expect(read('HOME', undefined)).toEqual({ HOME: '/home/me' });
    expect(read('UNSET', undefined)).toEqual({});
    expect(() => read('=x', undefined)).toThrow('NAME=VALUE');
  });
});
