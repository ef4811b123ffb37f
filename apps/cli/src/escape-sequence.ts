const ESC = 0x1b;
const BEL = 0x07;

/** An escape sequence by its parts; `body` is what stands between introducer and end. */
export interface EscapeSequence {
  /** `csi`: ESC [ · `osc`: ESC ] · `dcs`: ESC P · `apc`: ESC _ · `other`: any of ESC's short forms. */
  readonly kind: 'csi' | 'osc' | 'dcs' | 'apc' | 'other';
  /** For `csi` the parameters and intermediates, for `other` the intermediates, else the text of the string. */
  readonly body: string;
  /** The last character of `csi` and `other`; empty for strings. */
  readonly final: string;
  /** The offset after its last byte. */
  readonly end: number;
}

const STRING_KINDS: Readonly<Record<number, EscapeSequence['kind']>> = {
  80: 'dcs',
  93: 'osc',
  95: 'apc',
  94: 'apc',
  88: 'apc',
};

/**
 * Reads the escape sequence that begins with the ESC at `at` (ECMA-48, 5.4 and 5.6, with BEL ending strings as xterm has it).
 *
 * @returns the sequence, `incomplete` when the bytes end inside it, `malformed` when another control byte breaks it off.
 */
export function readEscapeSequence(bytes: Uint8Array, at: number): EscapeSequence | 'incomplete' | 'malformed' {
  const introducer = bytes[at + 1];
  if (introducer === undefined) return 'incomplete';
  if (introducer === 0x5b) return readCsi(bytes, at + 2);
  const kind = STRING_KINDS[introducer];
  if (kind !== undefined) return readString(bytes, at + 2, kind);
  let end = at + 1;
  while (isBetween(bytes[end], 0x20, 0x2f)) end += 1;
  if (end === bytes.length) return 'incomplete';
  if (!isBetween(bytes[end], 0x30, 0x7e)) return 'malformed';
  return { kind: 'other', body: textOf(bytes, at + 1, end), final: textOf(bytes, end, end + 1), end: end + 1 };
}

function readCsi(bytes: Uint8Array, from: number): EscapeSequence | 'incomplete' | 'malformed' {
  let end = from;
  while (isBetween(bytes[end], 0x20, 0x3f)) end += 1;
  if (end === bytes.length) return 'incomplete';
  if (!isBetween(bytes[end], 0x40, 0x7e)) return 'malformed';
  return { kind: 'csi', body: textOf(bytes, from, end), final: textOf(bytes, end, end + 1), end: end + 1 };
}

function readString(
  bytes: Uint8Array,
  from: number,
  kind: EscapeSequence['kind'],
): EscapeSequence | 'incomplete' | 'malformed' {
  for (let end = from; end < bytes.length; end += 1) {
    if (bytes[end] === BEL) return { kind, body: textOf(bytes, from, end), final: '', end: end + 1 };
    if (bytes[end] !== ESC) continue;
    if (end + 1 === bytes.length) return 'incomplete';
    if (bytes[end + 1] !== 0x5c) return 'malformed';
    return { kind, body: textOf(bytes, from, end), final: '', end: end + 2 };
  }
  return 'incomplete';
}

function isBetween(byte: number | undefined, first: number, last: number): boolean {
  return byte !== undefined && byte >= first && byte <= last;
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}
