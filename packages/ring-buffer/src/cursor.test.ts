import { describe, expect, it } from 'vitest';
import type { Cursor } from './cursor.ts';
import { OffsetOutOfRangeError } from './errors.ts';
import { RingBuffer } from './ring-buffer.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Everything a reader gets until it has caught up, views copied. */
function drain(cursor: Cursor): unknown[] {
  const results: unknown[] = [];
  for (let next = cursor.next(); next !== undefined; next = cursor.next()) {
    results.push(next.kind === 'bytes' ? { offset: next.offset, bytes: [...next.bytes] } : next);
  }
  return results;
}

describe('[T012] Cursor', () => {
  it('gives every byte once and in order, then undefined', () => {
    const ring = new RingBuffer(8);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3));
    expect(drain(cursor)).toEqual([{ offset: 0, bytes: [1, 2, 3] }]);
    expect(cursor.next()).toBeUndefined();
    ring.write(bytes(4));
    expect(drain(cursor)).toEqual([{ offset: 3, bytes: [4] }]);
  });

  it('gives one exact gap when it was overtaken, then goes on at the oldest byte', () => {
    const ring = new RingBuffer(4);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3));
    cursor.next(1);
    ring.write(bytes(4, 5));
    ring.write(bytes(6, 7));
    expect(drain(cursor)).toEqual([
      { kind: 'gap', from: 1, to: 3 },
      { offset: 3, bytes: [4] },
      { offset: 4, bytes: [5, 6, 7] },
    ]);
  });

  it('gives a new gap for each time it was overtaken', () => {
    const ring = new RingBuffer(2);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3));
    expect(cursor.next()).toEqual({ kind: 'gap', from: 0, to: 1 });
    ring.write(bytes(4, 5, 6));
    expect(cursor.next()).toEqual({ kind: 'gap', from: 1, to: 4 });
    expect(drain(cursor)).toEqual([{ offset: 4, bytes: [5, 6] }]);
  });

  it('reads views of the ring, not copies', () => {
    const ring = new RingBuffer(4);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2));
    const next = cursor.next();
    expect(next?.kind === 'bytes' && next.bytes.buffer).toBe(ring.reserve(1).buffer);
  });

  it('gives at most maxBytes, but a gap whatever maxBytes is', () => {
    const ring = new RingBuffer(4);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3, 4, 5));
    expect(cursor.next(0)).toEqual({ kind: 'gap', from: 0, to: 1 });
    expect(cursor.next(0)).toBeUndefined();
    expect(cursor.next(2)).toMatchObject({ offset: 1, bytes: bytes(2, 3) });
    expect(cursor.offset).toBe(3);
  });

  it('does not move other cursors and does not consume', () => {
    const ring = new RingBuffer(8);
    ring.write(bytes(1, 2, 3));
    const [one, other] = [ring.cursor(), ring.cursor()];
    drain(one);
    expect(other.offset).toBe(0);
    expect(ring.available()).toBe(3);
    ring.consume();
    expect(drain(other)).toEqual([{ offset: 0, bytes: [1, 2, 3] }]);
  });

  it('loses consumed bytes only in a ring that keeps no history', () => {
    const ring = new RingBuffer(8, { keepHistory: false });
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3));
    ring.consume(2);
    expect(drain(cursor)).toEqual([
      { kind: 'gap', from: 0, to: 2 },
      { offset: 2, bytes: [3] },
    ]);
  });

  it('gets a gap for what clear threw away', () => {
    const ring = new RingBuffer(8);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3));
    ring.clear();
    ring.write(bytes(4));
    expect(drain(cursor)).toEqual([
      { kind: 'gap', from: 0, to: 3 },
      { offset: 3, bytes: [4] },
    ]);
  });

  it('gets only gaps from a ring without capacity', () => {
    const ring = new RingBuffer(0);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2));
    expect(drain(cursor)).toEqual([{ kind: 'gap', from: 0, to: 2 }]);
  });

  it('says how far it is behind, lost bytes included', () => {
    const ring = new RingBuffer(2);
    const cursor = ring.cursor();
    ring.write(bytes(1, 2, 3));
    expect(cursor.pending).toBe(3);
    cursor.next();
    expect(cursor.pending).toBe(2);
    expect(cursor.snapshot()).toEqual({ offset: 1, pending: 2 });
  });

  it('starts at the oldest byte, behind the newest, or at any offset that was written', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4, 5, 6));
    expect(ring.cursor().offset).toBe(2);
    expect(ring.cursor('start').offset).toBe(2);
    expect(ring.cursor('end').offset).toBe(6);
    expect(ring.cursor(5).next()).toMatchObject({ offset: 5, bytes: bytes(6) });
    expect(ring.cursor(0).next()).toEqual({ kind: 'gap', from: 0, to: 2 });
    expect(ring.cursor(6).next()).toBeUndefined();
  });

  it.each([-1, 7, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot start at offset %d of six bytes', (offset) => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4, 5, 6));
    expect(() => ring.cursor(offset)).toThrow(OffsetOutOfRangeError);
  });
});
