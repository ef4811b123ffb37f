import { crc32 } from 'node:zlib';

/** Hexadecimal digits of a CRC-32. */
const DIGITS = 8;

/** A text with its CRC-32 before it, as it is stored: LevelDB does not look at its own when it reads. The empty text stays empty. */
export function sealed(text: string): string {
  return text === '' ? '' : crc32(text).toString(16).padStart(DIGITS, '0') + text;
}

/** The text that was sealed; `undefined` when it is not what it was. */
export function unsealed(stored: string): string | undefined {
  if (stored === '') return '';
  const text = stored.slice(DIGITS);
  return crc32(text) === Number.parseInt(stored.slice(0, DIGITS), 16) ? text : undefined;
}
