import { resolve } from 'node:path';
import type { OptionSpec } from './option-spec.ts';

/** A value of an option, as the rest of the program sees it. */
export type OptionValue = string | number | boolean | null | readonly string[];

/** What became of one raw value. */
export type ParsedValue =
  | { readonly ok: true; readonly value: OptionValue }
  | { readonly ok: false; readonly found: string };

const UNIT_BYTES: Readonly<Record<string, number>> = Object.freeze({
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
});

/**
 * Reads one raw value: text from a flag or variable, or any JSON value from the file.
 *
 * On failure `found` says what was there without repeating text, which may be a secret that landed in the wrong place.
 */
export function parseValue(spec: OptionSpec, raw: unknown): ParsedValue {
  switch (spec.kind) {
    case 'integer':
    case 'bytes': {
      if (spec.noneWord !== undefined && (raw === null || raw === spec.noneWord)) return { ok: true, value: null };
      const number = parseNumber(raw, spec.kind === 'bytes');
      if (number === null) return { ok: false, found: describe(raw, 'a number') };
      const inRange = Number.isSafeInteger(number) && number >= spec.min && number <= spec.max;
      return inRange ? { ok: true, value: number } : { ok: false, found: number.toLocaleString('en') };
    }
    case 'flag':
      return parseFlag(raw);
    case 'choice':
      return typeof raw === 'string' && spec.choices.includes(raw)
        ? { ok: true, value: raw }
        : { ok: false, found: describe(raw, 'one of them') };
    case 'text':
      if (spec.noneWord !== undefined && (raw === null || raw === spec.noneWord)) return { ok: true, value: null };
      return parseText(raw);
    case 'path': {
      if (spec.noneWord !== undefined && (raw === null || raw === spec.noneWord)) return { ok: true, value: null };
      const text = parseText(raw);
      return text.ok ? { ok: true, value: resolve(text.value as string) } : text;
    }
    case 'list':
      return parseList(raw);
  }
}

function parseNumber(raw: unknown, withUnit: boolean): number | null {
  if (typeof raw === 'number') return raw;
  if (typeof raw !== 'string') return null;
  const match = /^\s*(\d{1,16})\s*([KMG]iB)?\s*$/.exec(raw);
  if (match === null || (match[2] !== undefined && !withUnit)) return null;
  return Number(match[1]) * UNIT_BYTES[match[2] ?? '']!;
}

function parseFlag(raw: unknown): ParsedValue {
  if (raw === true || raw === 'true' || raw === '1') return { ok: true, value: true };
  if (raw === false || raw === 'false' || raw === '0') return { ok: true, value: false };
  return { ok: false, found: describe(raw, 'true or false') };
}

function parseText(raw: unknown): ParsedValue {
  if (typeof raw === 'string' && raw !== '' && !raw.includes('\0')) return { ok: true, value: raw };
  return { ok: false, found: describe(raw, 'usable') };
}

function parseList(raw: unknown): ParsedValue {
  const items = typeof raw === 'string' ? raw.split(',') : raw;
  if (!Array.isArray(items)) return { ok: false, found: describe(raw, 'a list') };
  if (!items.every((item) => typeof item === 'string')) return { ok: false, found: 'an array with something else' };
  return { ok: true, value: Object.freeze(items.map((item) => item.trim()).filter((item) => item !== '')) };
}

function describe(raw: unknown, wanted: string): string {
  if (raw === '') return 'an empty text';
  if (typeof raw === 'string') return `a text that is not ${wanted}`;
  if (typeof raw === 'number') return raw.toLocaleString('en');
  if (raw === null) return 'null';
  return Array.isArray(raw) ? 'an array' : typeof raw === 'object' ? 'an object' : String(raw);
}
