import { constants } from 'node:os';
import type { SignalName } from '@sessiond/protocol';
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1_024,
  kib: 1_024,
  m: 1_048_576,
  mib: 1_048_576,
  g: 2 ** 30,
  gib: 2 ** 30,
};

/** Reads a whole number, zero included. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

/** Reads a number of columns or rows. @throws InvalidArgumentError */
export function cells(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 10_000) throw new InvalidArgumentError('It must be from 1 to 10000.');
  return value;
}

/** Reads bytes, also as `64KiB`, `4MiB`, `1GiB` or with a single letter. @throws InvalidArgumentError */
export function bytes(text: string): number {
  const [, digits, unit] = /^(\d{1,12}) ?([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS[unit?.toLowerCase() ?? '?'];
  if (digits === undefined || factor === undefined)
    throw new InvalidArgumentError('It must be bytes, such as 65536 or 64KiB.');
  return Number(digits) * factor;
}

/** Reads milliseconds, or `never` as `null`. @throws InvalidArgumentError */
export function durationOrNever(text: string): number | null {
  return text === 'never' ? null : wholeNumber(text);
}

/** The longest time limit, in milliseconds: as much as a timer can hold. */
export const MAX_TIME_LIMIT_MS: number = 2_147_483_647;

const UNITS_MS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads a time limit: milliseconds, or `500ms`, `5s`, `2m`, `1h`. @throws InvalidArgumentError */
export function timeLimit(text: string): number {
  const [, digits, unit] = /^(\d{1,10})(ms|s|m|h|)$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS_MS[unit ?? '?'] ?? Number.NaN);
  if (!(value >= 1 && value <= MAX_TIME_LIMIT_MS)) {
    throw new InvalidArgumentError('It must be milliseconds, or a time such as 500ms, 5s, 2m or 1h.');
  }
  return value;
}

const DURATIONS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads a time as `45m`, `12h`, `30d` or `8w`, in milliseconds. @throws InvalidArgumentError */
export function duration(text: string): number {
  const [, digits, unit] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const value = Number(digits) * (DURATIONS_MS[unit ?? ''] ?? Number.NaN);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a time such as 45m, 12h, 30d or 8w.');
  return value;
}

/** Reads where to begin: `start`, `now` or an offset. @throws InvalidArgumentError */
export function position(text: string): number | 'start' | 'now' {
  if (text === 'start' || text === 'now') return text;
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be start, now or an offset.');
  return wholeNumber(text);
}

/** Reads a size as `80x24`. @throws InvalidArgumentError */
export function windowCells(text: string): { readonly cols: number; readonly rows: number } {
  const [, cols, rows] = /^(\d+)[xX](\d+)$/.exec(text) ?? [];
  if (cols === undefined || rows === undefined) throw new InvalidArgumentError('It must be COLSxROWS, such as 80x24.');
  return { cols: cells(cols), rows: cells(rows) };
}

/** Reads a signal by name, with or without `SIG`, or by number. The daemon says which ones it sends. @throws InvalidArgumentError */
export function signalName(text: string): SignalName {
  const known: Readonly<Record<string, number>> = constants.signals;
  const upper = text.toUpperCase();
  const name = /^\d+$/.test(text)
    ? Object.keys(known).find((one) => known[one] === Number(text))
    : [upper, `SIG${upper}`].find((one) => Object.hasOwn(known, one));
  if (name === undefined) throw new InvalidArgumentError('It is no signal of this system.');
  return name as SignalName;
}

/** Reads `NAME=VALUE`, or `NAME` for the value it has here, and adds it to the ones before. @throws InvalidArgumentError */
export function variable(
  env: Readonly<Record<string, string | undefined>>,
): (text: string, before: Readonly<Record<string, string>> | undefined) => Readonly<Record<string, string>> {
  return (text, before) => {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const value = at < 0 ? env[name] : text.slice(at + 1);
    if (name === '') throw new InvalidArgumentError('It must be NAME=VALUE, or NAME to pass on the value it has here.');
    return value === undefined ? { ...before } : { ...before, [name]: value };
  };
}
