import { describe, expect, it } from 'vitest';
import { CommitOutOfRangeError, InvalidCapacityError, OffsetOutOfRangeError } from './errors.ts';
import { RingBuffer } from './ring-buffer.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('[T012] a new ring', () => {
  it('keeps 4 MiB unless told otherwise', () => {
    expect(new RingBuffer().capacity()).toBe(4 * 1024 * 1024);
    expect(new RingBuffer(10).capacity()).toBe(10);
  });

  it('is empty', () => {
    const ring = new RingBuffer(4);
    expect([ring.start, ring.consumed, ring.end, ring.available(), ring.utilization()]).toEqual([0, 0, 0, 0, 0]);
    expect(ring.read()).toEqual(bytes());
    expect(ring.consume()).toEqual(bytes());
    expect(ring.views()).toEqual([]);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot have a capacity of %d', (capacity) => {
    expect(() => new RingBuffer(capacity)).toThrow(InvalidCapacityError);
  });

  it('tells why the engine refused a capacity', () => {
    expect(() => new RingBuffer(Number.MAX_SAFE_INTEGER)).toThrow(
      expect.objectContaining({ code: 'INVALID_CAPACITY', cause: expect.any(RangeError) }),
    );
  });
});

describe('[T012] write', () => {
  it('of exactly the capacity drops nothing', () => {
    const ring = new RingBuffer(4);
    expect(ring.write(bytes(1, 2, 3, 4))).toEqual({ written: 4, dropped: 0 });
    expect(ring.utilization()).toBe(1);
    expect(ring.read()).toEqual(bytes(1, 2, 3, 4));
  });

  it('of more than the capacity keeps the last bytes and drops the rest', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1));
    expect(ring.write(bytes(2, 3, 4, 5, 6, 7))).toEqual({ written: 6, dropped: 3 });
    expect(ring.read()).toEqual(bytes(4, 5, 6, 7));
    expect([ring.start, ring.end]).toEqual([3, 7]);
  });

  it('drops the oldest bytes when there is no room', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    expect(ring.write(bytes(4, 5, 6))).toEqual({ written: 3, dropped: 2 });
    expect(ring.read()).toEqual(bytes(3, 4, 5, 6));
  });

  it('does not count consumed bytes it overwrites as dropped', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    ring.consume(2);
    expect(ring.write(bytes(4, 5, 6))).toEqual({ written: 3, dropped: 0 });
    expect(ring.read()).toEqual(bytes(3, 4, 5, 6));
  });

  it('of nothing does nothing', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2));
    const before = ring.snapshot();
    expect(ring.write(bytes())).toEqual({ written: 0, dropped: 0 });
    expect(ring.snapshot()).toEqual(before);
  });

  it('into a ring without capacity drops everything', () => {
    const ring = new RingBuffer(0);
    expect(ring.write(bytes(1, 2, 3))).toEqual({ written: 3, dropped: 3 });
    expect(ring.write(bytes())).toEqual({ written: 0, dropped: 0 });
    expect([ring.start, ring.consumed, ring.end, ring.utilization()]).toEqual([3, 3, 3, 0]);
    expect(ring.consume()).toEqual(bytes());
    expect(ring.reserve(10)).toEqual(bytes());
  });

  it('gives each call its own result', () => {
    const ring = new RingBuffer(4);
    const first = ring.write(bytes(1, 2));
    ring.write(bytes(3, 4, 5));
    expect(first).toEqual({ written: 2, dropped: 0 });
  });

  it('copies, so that the caller may reuse its chunk', () => {
    const ring = new RingBuffer(4);
    const chunk = bytes(1, 2);
    ring.write(chunk);
    chunk.fill(9);
    expect(ring.read()).toEqual(bytes(1, 2));
  });
});

describe('[T012] consumption', () => {
  it('read peeks, consume removes', () => {
    const ring = new RingBuffer(8);
    ring.write(bytes(1, 2, 3));
    expect(ring.read(2)).toEqual(bytes(1, 2));
    expect(ring.consume(2)).toEqual(bytes(1, 2));
    expect(ring.read(9)).toEqual(bytes(3));
    expect(ring.available()).toBe(1);
  });

  it('hands out copies that later writes do not touch', () => {
    const ring = new RingBuffer(2);
    ring.write(bytes(1, 2));
    const copies = [ring.read(), ring.readAt(0), ring.consume()];
    ring.write(bytes(3, 4));
    expect(copies).toEqual([bytes(1, 2), bytes(1, 2), bytes(1, 2)]);
  });

  it('consumeInto fills the target from its beginning, across the wrap, and leaves the rest alone', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    ring.write(bytes(4, 5, 6));
    const target = new Uint8Array(3);
    expect(ring.consumeInto(target)).toBe(3);
    expect(target).toEqual(bytes(3, 4, 5));
    expect(ring.consumeInto(target)).toBe(1);
    expect(target).toEqual(bytes(6, 4, 5));
    expect(ring.consumeInto(target)).toBe(0);
  });

  it('views shows the unconsumed bytes in at most two parts', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    expect(ring.views()).toEqual([bytes(1, 2, 3)]);
    ring.write(bytes(4, 5, 6));
    expect(ring.views()).toEqual([bytes(3, 4), bytes(5, 6)]);
  });

  it('skipTo consumes up to an offset and never goes back', () => {
    const ring = new RingBuffer(8);
    ring.write(bytes(1, 2, 3, 4));
    expect(ring.skipTo(3)).toBe(3);
    expect(ring.skipTo(1)).toBe(0);
    expect(ring.consumed).toBe(3);
    expect(ring.consume()).toEqual(bytes(4));
  });

  it('skipTo takes an acknowledgement of bytes that were dropped meanwhile', () => {
    const ring = new RingBuffer(2);
    ring.write(bytes(1, 2, 3, 4));
    expect(ring.skipTo(1)).toBe(0);
    expect(ring.available()).toBe(2);
  });

  it.each([-1, 5, 2.5, Number.NaN])('skipTo refuses offset %d of four bytes', (offset) => {
    const ring = new RingBuffer(8);
    ring.write(bytes(1, 2, 3, 4));
    expect(() => ring.skipTo(offset)).toThrow(OffsetOutOfRangeError);
    expect(ring.consumed).toBe(0);
  });

  it.each([0, -1, Number.NaN, Number.NEGATIVE_INFINITY])('a count of %d reads nothing', (maxBytes) => {
    const ring = new RingBuffer(8);
    ring.write(bytes(1, 2));
    expect(ring.consume(maxBytes)).toEqual(bytes());
    expect(ring.reserve(maxBytes)).toEqual(bytes());
    expect(ring.viewAt(0, maxBytes)).toEqual(bytes());
    expect(() => ring.commit(1)).toThrow(CommitOutOfRangeError);
  });

  it('cuts the fraction off a count', () => {
    const ring = new RingBuffer(8);
    ring.write(bytes(1, 2, 3));
    expect(ring.consume(1.9)).toEqual(bytes(1));
    expect(ring.consumed).toBe(1);
  });
});

describe('[T012] history', () => {
  it('stays readable after consumption until it is overwritten', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4));
    ring.consume();
    expect(ring.readAt(1, 2)).toEqual(bytes(2, 3));
    ring.write(bytes(5));
    expect(ring.readAt(1)).toEqual(bytes(2, 3, 4, 5));
    expect(ring.start).toBe(1);
  });

  it('viewAt is a view of the ring that ends where the storage wraps', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    ring.write(bytes(4, 5, 6));
    const view = ring.viewAt(2);
    expect(view).toEqual(bytes(3, 4));
    expect(view.buffer).toBe(ring.reserve(1).buffer);
    expect(ring.viewAt(4)).toEqual(bytes(5, 6));
    expect(ring.viewAt(6)).toEqual(bytes());
  });

  it.each([1, 7, 2.5, -1, Number.NaN])('refuses to read offsets 2 to 6 at %d', (offset) => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4, 5, 6));
    expect(() => ring.readAt(offset)).toThrow(OffsetOutOfRangeError);
    expect(() => ring.viewAt(offset)).toThrow(OffsetOutOfRangeError);
  });

  it('that is not kept ends where consumption is', () => {
    const ring = new RingBuffer(4, { keepHistory: false });
    ring.write(bytes(1, 2, 3));
    ring.consume(2);
    expect(ring.start).toBe(2);
    expect(() => ring.readAt(1)).toThrow(OffsetOutOfRangeError);
  });

  it('that is not kept lets an empty ring start again at the beginning of its storage', () => {
    const ring = new RingBuffer(1024, { keepHistory: false });
    for (let lap = 0; lap < 100; lap++) {
      ring.write(new Uint8Array(100).fill(lap));
      expect(ring.viewAt(lap * 100).byteOffset).toBe(0);
      expect(ring.consume()).toEqual(new Uint8Array(100).fill(lap));
    }
    expect(ring.end).toBe(10_000);
  });
});

describe('[T012] reserve and commit', () => {
  it('let the caller fill the ring in place', () => {
    const ring = new RingBuffer(8);
    const region = ring.reserve(5);
    region.set([1, 2, 3]);
    expect(ring.commit(3)).toEqual({ written: 3, dropped: 0 });
    expect(ring.consume()).toEqual(bytes(1, 2, 3));
    expect(ring.consumeInto(new Uint8Array(8))).toBe(0);
  });

  it('change nothing until the commit', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4));
    const before = ring.snapshot();
    expect(ring.reserve(2).length).toBe(2);
    expect(ring.snapshot()).toEqual(before);
    expect(ring.read()).toEqual(bytes(1, 2, 3, 4));
  });

  it('drop only as much as was committed, and leave the other bytes of the region intact', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4));
    ring.reserve(3).set([5]);
    expect(ring.commit(1)).toEqual({ written: 1, dropped: 1 });
    expect(ring.read()).toEqual(bytes(2, 3, 4, 5));
  });

  it('drop nothing as long as no more than the free bytes are reserved', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    ring.consume(1);
    for (const value of [4, 5]) {
      const region = ring.reserve(ring.capacity() - ring.available());
      region[0] = value;
      expect(ring.commit(1).dropped).toBe(0);
    }
    expect(ring.reserve(ring.capacity() - ring.available()).length).toBe(0);
    expect(ring.read()).toEqual(bytes(2, 3, 4, 5));
  });

  it('stop at the end of the storage and go on at its beginning', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    expect(ring.reserve(4).length).toBe(1);
    ring.commit(1);
    expect(ring.reserve(4).length).toBe(4);
  });

  it('refuse more than was reserved, and leave the reservation as it was', () => {
    const ring = new RingBuffer(8);
    ring.reserve(2).set([1, 2]);
    for (const count of [3, -1, 0.5, Number.NaN]) expect(() => ring.commit(count)).toThrow(CommitOutOfRangeError);
    expect(ring.end).toBe(0);
    ring.commit(2);
    expect(ring.read()).toEqual(bytes(1, 2));
  });

  it('refuse a commit without a reservation, a second commit, and one whose region was written over or cleared', () => {
    const ring = new RingBuffer(8);
    expect(() => ring.commit(1)).toThrow(CommitOutOfRangeError);
    expect(ring.commit(0)).toEqual({ written: 0, dropped: 0 });
    ring.reserve(4);
    ring.commit(1);
    expect(() => ring.commit(1)).toThrow(CommitOutOfRangeError);
    ring.reserve(4);
    ring.commit(0);
    expect(() => ring.commit(1)).toThrow(CommitOutOfRangeError);
    ring.reserve(4);
    ring.write(bytes(1));
    expect(() => ring.commit(1)).toThrow(CommitOutOfRangeError);
    ring.reserve(4);
    ring.clear();
    expect(() => ring.commit(1)).toThrow(CommitOutOfRangeError);
  });

  it('start again at the beginning of the storage even if a reader reserves in vain before each drain', () => {
    const ring = new RingBuffer(1024, { keepHistory: false });
    for (let lap = 0; lap < 100; lap++) {
      expect(ring.reserve(100).byteOffset).toBe(0);
      ring.commit(100);
      ring.reserve(100);
      ring.skipTo(ring.end);
    }
  });

  it('keep their region when the ring is drained in between', () => {
    const ring = new RingBuffer(8, { keepHistory: false });
    ring.write(bytes(1, 2));
    ring.reserve(2).set([3, 4]);
    ring.consume();
    ring.commit(2);
    expect(ring.consume()).toEqual(bytes(3, 4));
    expect(ring.reserve(8).length).toBe(8);
  });
});

describe('[T012] clear', () => {
  it('forgets every byte, and offsets go on', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3));
    ring.consume(1);
    ring.clear();
    expect([ring.start, ring.consumed, ring.end, ring.available()]).toEqual([3, 3, 3, 0]);
    expect(() => ring.readAt(2)).toThrow(OffsetOutOfRangeError);
    ring.write(bytes(4, 5));
    expect(ring.readAt(3)).toEqual(bytes(4, 5));
  });

  it('counts as neither dropped nor consumed', () => {
    const ring = new RingBuffer(4);
    ring.write(bytes(1, 2, 3, 4, 5));
    ring.consume(1);
    ring.clear();
    expect(ring.snapshot()).toMatchObject({ writtenBytes: 5, droppedBytes: 1, consumedBytes: 1, clearedBytes: 3 });
  });
});

describe('[T012] [T015] snapshot', () => {
  it('is plain JSON that adds up', () => {
    const ring = new RingBuffer(8, { keepHistory: true });
    ring.write(new Uint8Array(10));
    ring.skipTo(4);
    expect(JSON.parse(JSON.stringify(ring.snapshot()))).toEqual({
      capacityBytes: 8,
      keepHistory: true,
      start: 2,
      consumed: 4,
      end: 10,
      availableBytes: 6,
      utilization: 0.75,
      writtenBytes: 10,
      droppedBytes: 2,
      consumedBytes: 2,
      clearedBytes: 0,
    });
  });
});

describe('[T012] offsets', () => {
  // Only the last bytes of such a chunk are read, so its zero pages never become memory.
  const gibibyte = new Uint8Array(2 ** 30);

  it('are exact beyond 32 bits and up to 2^53', () => {
    const ring = new RingBuffer(5);
    const cursor = ring.cursor();
    for (let written = 0; written < 2 ** 53 - 2 ** 30; written += 2 ** 30) ring.write(gibibyte);
    ring.write(gibibyte.subarray(0, 2 ** 30 - 3));
    ring.write(bytes(1, 2, 3));
    expect(ring.end).toBe(2 ** 53);
    expect(cursor.next()).toEqual({ kind: 'gap', from: 0, to: 2 ** 53 - 5 });
    expect(ring.readAt(2 ** 53 - 3)).toEqual(bytes(1, 2, 3));
    expect(ring.snapshot()).toMatchObject({ droppedBytes: 2 ** 53 - 5, availableBytes: 5 });
  });

  it('keep their place in the storage across 2^31 and 2^32', () => {
    const ring = new RingBuffer(7);
    for (let lap = 1; lap <= 5; lap++) {
      ring.write(gibibyte.subarray(0, 2 ** 30 - 2));
      ring.write(bytes(lap));
      ring.write(bytes(lap + 1));
      expect(ring.readAt(lap * 2 ** 30 - 2)).toEqual(bytes(lap, lap + 1));
    }
  });
});
