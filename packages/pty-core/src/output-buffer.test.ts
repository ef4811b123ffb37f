import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from './errors.ts';
import { OutputBuffer, type OverflowPolicy } from './output-buffer.ts';
import type { OutputReader } from './output-reader.ts';

const bytes = (text: string) => Buffer.from(text);
const ignore = () => {};

function filled(capacityBytes: number, text: string, overflow: OverflowPolicy = 'drop-oldest'): OutputBuffer {
  const output = new OutputBuffer({ capacityBytes, overflow });
  output.append(bytes(text));
  return output;
}

/** Everything a reader gets now, as text: gaps as `[from-to]`, the end as `$`. */
function take(reader: OutputReader, maxBytes?: number): string {
  let text = '';
  for (let chunk = reader.next(maxBytes); chunk !== undefined; chunk = reader.next(maxBytes)) {
    if (chunk.kind === 'bytes') text += Buffer.from(chunk.bytes).toString();
    else text += chunk.kind === 'gap' ? `[${chunk.from}-${chunk.to}]` : '$';
  }
  return text;
}

describe('readers', () => {
  test('one from the start gets everything, one from the end only what follows, one from an offset the rest', () => {
    const output = filled(100, 'hello ');
    const readers = (['start', 'end', 3] as const).map((from) => output.openReader(from, ignore));
    output.append(bytes('world'));
    expect(readers.map((reader) => take(reader))).toEqual(['hello world', 'world', 'lo world']);
  });

  test('a slow one gets an exact gap and then the rest, a fast one everything', () => {
    const output = filled(8, 'abcd');
    const [fast, slow] = [output.openReader('start', ignore), output.openReader('start', ignore)];
    let seen = take(fast);
    for (const text of ['efgh', 'ijkl']) {
      output.append(bytes(text));
      seen += take(fast);
    }
    expect(seen).toBe('abcdefghijkl');
    expect(slow.pending).toBe(12);
    expect(take(slow)).toBe('[0-4]efghijkl');
    expect(slow.pending).toBe(0);
  });

  test('an offset that is gone begins with the gap, one that is not yet there is refused', () => {
    const output = filled(4, 'abcdefgh');
    expect(take(output.openReader(1, ignore))).toBe('[1-4]efgh');
    expect(() => output.openReader(9, ignore)).toThrow(expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' }));
    expect(() => output.openReader(-1, ignore)).toThrow(expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' }));
    expect(output.readerCount).toBe(1);
  });

  test('chunks are no larger than asked for', () => {
    const reader = filled(100, 'abcdefgh').openReader('start', ignore);
    expect(reader.next(3)).toMatchObject({ kind: 'bytes', offset: 0, bytes: { length: 3 } });
    expect(reader.next(0)).toBeUndefined();
    expect(reader.next(3)).toMatchObject({ kind: 'bytes', offset: 3, bytes: { length: 3 } });
    expect(reader.next()).toMatchObject({ kind: 'bytes', offset: 6, bytes: { length: 2 } });
    expect(reader.next()).toBeUndefined();
  });

  test('the end comes once, after the last byte, also for one that opens afterwards', () => {
    const output = filled(100, 'abc');
    const reader = output.openReader('start', ignore);
    output.finish();
    output.finish();
    expect(reader.next(0)).toBeUndefined();
    expect(take(reader)).toBe('abc$');
    expect(reader.next()).toBeUndefined();
    const late = output.openReader('end', ignore);
    expect(late.next()).toEqual({ kind: 'end', offset: 3 });
    expect(late.next()).toBeUndefined();
  });

  test('all are woken by a flush, also when one throws, which is counted', () => {
    const output = filled(100, '');
    let woken = 0;
    output.openReader('start', () => {
      throw new Error('defect of a reader');
    });
    output.openReader('start', () => woken++);
    output.openReader('start', () => woken++, { passive: true });
    output.flush();
    output.finish();
    expect(woken).toBe(4);
    expect(output.snapshot().readerFailures).toBe(2);
  });

  test('one that closes itself or another in its callback is not woken any more', () => {
    const output = filled(100, '');
    const calls: string[] = [];
    const first = output.openReader('start', () => {
      calls.push('first');
      first.close();
      second.close();
    });
    const second = output.openReader('start', () => calls.push('second'));
    output.openReader('start', () => calls.push('third'));
    output.finish();
    output.flush();
    expect(calls).toEqual(['first', 'third', 'third']);
    expect(output.readerCount).toBe(1);
  });

  test('one that is closed gets nothing, and closing again does nothing', () => {
    const output = filled(100, 'abc');
    const reader = output.openReader('start', ignore);
    reader.close();
    reader.close();
    expect(reader.next()).toBeUndefined();
    expect(reader.acknowledge(0)).toBe(true);
    expect(output.readerCount).toBe(0);
  });

  test('one opened from within a callback takes part from the next flush on at the latest', () => {
    const output = filled(100, 'abc');
    let opened: OutputReader | undefined;
    output.openReader('start', () => {
      opened ??= output.openReader('start', ignore);
    });
    output.flush();
    expect(take(opened!)).toBe('abc');
  });
});

describe('what counts as delivered', () => {
  test('before any reader nothing', () => {
    expect(filled(10, 'abc', 'pause').room()).toBe(7);
  });

  test('what the slowest attached reader has acknowledged, not what it was given', () => {
    const output = filled(10, 'abcdef', 'pause');
    const [one, two] = [output.openReader('start', ignore), output.openReader('start', ignore)];
    take(one);
    take(two);
    expect(output.floor).toBe(0);
    one.acknowledge(6);
    expect(output.floor).toBe(0);
    two.acknowledge(2);
    expect([output.floor, output.room()]).toEqual([2, 6]);
    two.close();
    expect([output.floor, output.room()]).toEqual([6, 10]);
  });

  test('after the last reader has left, what that one had acknowledged', () => {
    const output = filled(10, 'abcdef', 'pause');
    const reader = output.openReader('start', ignore);
    take(reader);
    reader.acknowledge(4);
    reader.close();
    expect([output.floor, output.room()]).toEqual([4, 8]);
    output.append(bytes('ghijklmn'));
    expect([output.floor, output.room()]).toEqual([4, 0]);
  });

  test('a new reader may move it back within what is kept, which takes room away and says so', () => {
    const output = filled(10, 'abcdef', 'pause');
    const first = output.openReader('end', ignore);
    expect(output.room()).toBe(10);
    let told = 0;
    const forget = output.onRoomChanged(() => told++);
    const second = output.openReader('start', ignore);
    expect([output.floor, output.room(), told]).toEqual([0, 4, 1]);
    second.close();
    expect([output.floor, output.room(), told]).toEqual([6, 10, 2]);
    forget();
    first.close();
    output.openReader('start', ignore);
    expect(told).toBe(2);
  });

  test('a passive reader neither delivers nor holds anybody up', () => {
    const output = filled(4, 'abcd', 'pause');
    const watcher = output.openReader('start', ignore, { passive: true });
    take(watcher);
    watcher.acknowledge(4);
    expect(output.room()).toBe(0);
    const reader = output.openReader('end', ignore);
    expect(output.room()).toBe(4);
    output.append(bytes('efgh'));
    take(reader);
    reader.acknowledge(8);
    watcher.close();
    expect([output.floor, output.room(), output.readerCount]).toEqual([8, 4, 1]);
  });

  test('acknowledging what was never given is refused, going back or repeating changes nothing', () => {
    const output = filled(10, 'abcdef');
    const reader = output.openReader('start', ignore);
    reader.next(4);
    for (const wrong of [5, -1, 1.5, Number.NaN]) expect(reader.acknowledge(wrong)).toBe(false);
    expect(reader.acknowledge(4)).toBe(true);
    expect(reader.acknowledge(4)).toBe(true);
    expect(reader.acknowledge(1)).toBe(true);
    expect([reader.acknowledged, output.floor]).toEqual([4, 4]);
  });
});

describe('what is dropped', () => {
  test('counts only bytes that were not delivered', () => {
    const output = filled(4, 'abcd');
    const reader = output.openReader('start', ignore);
    take(reader);
    reader.acknowledge(3);
    output.append(bytes('ef'));
    expect(output.stats()).toMatchObject({ totalDropped: 0, overflowEvents: 0 });
    output.append(bytes('ghij'));
    expect(output.stats()).toEqual({ totalWritten: 10, totalDropped: 3, currentUtilization: 1, overflowEvents: 1 });
  });

  test('a single append larger than the capacity keeps its last bytes', () => {
    const output = filled(4, 'abcdefghij');
    expect([output.start, output.end, output.floor]).toEqual([6, 10, 6]);
    expect(Buffer.from(output.readAt(6, 100)).toString()).toBe('ghij');
    expect(output.stats()).toMatchObject({ totalWritten: 10, totalDropped: 6 });
  });

  test('without capacity everything, and readers get gaps', () => {
    const output = filled(0, 'abc');
    const reader = output.openReader(1, ignore);
    output.append(bytes('de'));
    output.finish();
    expect(take(reader)).toBe('[1-5]$');
    expect(output.stats()).toEqual({ totalWritten: 5, totalDropped: 5, currentUtilization: 0, overflowEvents: 2 });
    expect(output.reserve(10)).toHaveLength(0);
  });

  test('nothing by appending nothing', () => {
    const output = filled(4, 'abcd');
    output.append(new Uint8Array());
    output.commit(0);
    expect(output.stats()).toMatchObject({ totalWritten: 4, overflowEvents: 0 });
  });
});

describe('the policy', () => {
  test('can be switched while running, and every switch tells about the room', () => {
    const output = filled(4, 'abcdef');
    const rooms: number[] = [];
    output.onRoomChanged(() => rooms.push(output.room()));
    output.overflow = 'pause';
    output.overflow = 'drop-oldest';
    output.openReader('end', ignore);
    expect(rooms).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(output.overflow).toBe('drop-oldest');
  });

  test('pause needs a capacity, at the beginning and later', () => {
    expect(() => new OutputBuffer({ capacityBytes: 0, overflow: 'pause' })).toThrow(InvalidOptionError);
    const output = filled(0, '');
    expect(() => {
      output.overflow = 'pause';
    }).toThrow(InvalidOptionError);
    expect(output.overflow).toBe('drop-oldest');
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53, 2 ** 52])('a capacity of %s is refused', (capacityBytes) => {
    expect(() => new OutputBuffer({ capacityBytes })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'bufferBytes' }),
    );
  });

  test('an unknown one is refused', () => {
    expect(() => new OutputBuffer({ overflow: 'block' as OverflowPolicy })).toThrow(
      'Invalid overflow: found "block", allowed is "drop-oldest" or "pause"',
    );
  });
});

test('bytes read into the reserved region become output with the commit', () => {
  const output = filled(8, 'abc');
  const region = output.reserve(4);
  region.set(bytes('def'));
  output.commit(3);
  expect(take(output.openReader('start', ignore))).toBe('abcdef');
});

test('the snapshot is plain JSON', () => {
  const output = filled(4, 'abcdef', 'pause');
  output.openReader('end', ignore);
  output.openReader('start', ignore, { passive: true });
  output.finish();
  expect(JSON.parse(JSON.stringify(output.snapshot()))).toEqual({
    totalWritten: 6,
    totalDropped: 2,
    currentUtilization: 0,
    overflowEvents: 1,
    capacityBytes: 4,
    overflow: 'pause',
    start: 2,
    floor: 6,
    end: 6,
    ended: true,
    underPressure: false,
    readers: 1,
    watchers: 1,
    readerFailures: 0,
  });
});
