import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, type Frame } from '../src/index.ts';

interface Vector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly meaning: { readonly malformed?: true; readonly kind?: string };
}

const folder = new URL('./vectors/', import.meta.url);
const vectors: readonly Vector[] = readdirSync(folder)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => {
    const [comment, hex, json, ...rest] = readFileSync(new URL(name, folder), 'utf8').split('\n');
    if (!comment!.startsWith('# ') || rest.join('') !== '') throw new Error(`${name} does not have three lines`);
    return { name, bytes: fromHex(hex!), meaning: JSON.parse(json!) };
  });

const wellFormed = vectors.filter(({ meaning }) => meaning.malformed !== true);
const malformed = vectors.filter(({ meaning }) => meaning.malformed === true);

describe('golden vectors', () => {
  it.each(wellFormed)('$name is read as it says', ({ bytes, meaning }) => {
    const decoded = decodeFrame(bytes);
    expect(decoded.ok && described(decoded.frame)).toEqual(meaning);
  });

  it.each(wellFormed)('$name is written as it says', ({ bytes, meaning }) => {
    expect(encodeFrame(frameOf(meaning))).toEqual(bytes);
  });

  it.each(malformed)('$name is refused', ({ bytes }) => {
    expect(decodeFrame(bytes)).toMatchObject({ ok: false, error: { code: 'INVALID_MESSAGE' } });
  });

  it('cover every kind of frame, and the names of malformed ones say so', () => {
    expect(new Set(wellFormed.map(({ meaning }) => meaning.kind))).toEqual(
      new Set(['output', 'input', 'ack', 'gap', 'end']),
    );
    expect(malformed.length).toBeGreaterThanOrEqual(15);
    for (const { name, meaning } of vectors) expect(name.startsWith('malformed-')).toBe(meaning.malformed === true);
  });
});

function described(frame: Frame): object {
  return 'payload' in frame ? { ...frame, payload: toHex(frame.payload) } : frame;
}

function frameOf(meaning: object): Frame {
  return ('payload' in meaning ? { ...meaning, payload: fromHex(String(meaning.payload)) } : meaning) as Frame;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
