const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 61;
const INVALID = 255;
/** Arguments one call of `String.fromCharCode` takes on every engine. */
const PIECE = 8192;

const digits = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const values = new Uint8Array(128).fill(INVALID);
for (const [value, code] of digits.entries()) values[code] = value;

/** Encodes bytes as base64 with the standard alphabet and padding (RFC 4648, section 4); the same in Node and browsers. */
export function encodeBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at++] = digits[group >> 18]!;
    codes[at++] = digits[(group >> 12) & 63]!;
    codes[at++] = i + 1 < bytes.length ? digits[(group >> 6) & 63]! : PADDING;
    codes[at++] = i + 2 < bytes.length ? digits[group & 63]! : PADDING;
  }
  let text = '';
  for (let i = 0; i < codes.length; i += PIECE) {
    text += String.fromCharCode.apply(null, codes.subarray(i, i + PIECE) as unknown as number[]);
  }
  return text;
}

/**
 * Whether {@link decodeBase64} can decode `text`; allocates nothing.
 *
 * A loop and not a regular expression: the engine's matcher keeps a stack entry per repetition, and texts here reach megabytes.
 */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = paddingOf(text);
  let last = 0;
  for (let i = 0; i < text.length - padding; i++) {
    last = valueAt(text, i);
    if (last === INVALID) return false;
  }
  return (last & UNUSED_BITS[padding]!) === 0;
}

/**
 * Decodes base64, or answers `undefined` when the text is not exactly what {@link encodeBase64} makes of some bytes.
 *
 * Refuses blanks, a missing padding, the URL alphabet and bits left over: two texts never mean the same bytes.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = paddingOf(text);
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  let bits = 0;
  let pending = 0;
  let last = 0;
  for (let i = 0; i < text.length - padding; i++) {
    last = valueAt(text, i);
    if (last === INVALID) return undefined;
    pending = ((pending << 6) | last) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = pending >> bits;
    }
  }
  return (last & UNUSED_BITS[padding]!) === 0 ? bytes : undefined;
}

/** The bits of the last digit that carry nothing, by the number of padding characters. */
const UNUSED_BITS = [0, 0b11, 0b1111];

function paddingOf(text: string): 0 | 1 | 2 {
  return text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
}

function valueAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? values[code]! : INVALID;
}
