import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Cursor } from './cursor.ts';
import { RingBuffer } from './ring-buffer.ts';

interface Kept {
  readonly offset: number;
  readonly byte: number;
  consumed: boolean;
}

/** The ring as one would explain it: a list of bytes, each with its offset and whether it was consumed. */
class NaiveRing {
  readonly capacity: number;
  readonly keepHistory: boolean;
  kept: Kept[] = [];
  end = 0;
  droppedBytes = 0;
  consumedBytes = 0;
  clearedBytes = 0;

  constructor(capacity: number, keepHistory: boolean) {
    this.capacity = capacity;
    this.keepHistory = keepHistory;
  }

  get start(): number {
    return this.kept[0]?.offset ?? this.end;
  }

  unconsumed(): Kept[] {
    return this.kept.filter(({ consumed }) => !consumed);
  }

  from(offset: number): number[] {
    return this.kept.filter((kept) => kept.offset >= offset).map(({ byte }) => byte);
  }

  write(chunk: readonly number[]): { written: number; dropped: number } {
    const droppedBefore = this.droppedBytes;
    for (const byte of chunk) {
      this.kept.push({ offset: this.end++, byte, consumed: false });
      if (this.kept.length > this.capacity && !this.kept.shift()!.consumed) this.droppedBytes++;
    }
    return { written: chunk.length, dropped: this.droppedBytes - droppedBefore };
  }

  consume(maxBytes: number): number[] {
    const taken = this.unconsumed().slice(0, maxBytes);
    for (const kept of taken) kept.consumed = true;
    this.consumedBytes += taken.length;
    if (!this.keepHistory) this.kept = this.unconsumed();
    return taken.map(({ byte }) => byte);
  }

  clear(): void {
    this.clearedBytes += this.unconsumed().length;
    this.kept = [];
  }
}

interface World {
  readonly ring: RingBuffer;
  /** Readers of the ring beside where each of them should be. */
  readonly readers: { cursor: Cursor; offset: number }[];
  /** The region that was reserved and can still be committed. */
  reserved: Uint8Array | undefined;
  nextByte: number;
}

/** Every byte differs from its neighbours, so that a misplaced one shows. */
function fresh(world: World, count: number): number[] {
  return Array.from({ length: count }, () => (world.nextByte = (world.nextByte + 1) % 251));
}

function command(name: string, run: (naive: NaiveRing, world: World) => void): fc.Command<NaiveRing, World> {
  return {
    check: () => true,
    run: (naive, world) => {
      run(naive, world);
      agree(naive, world);
    },
    toString: () => name,
  };
}

/** Everything that can be seen from outside, after every command. */
function agree(naive: NaiveRing, { ring, readers }: World): void {
  const unconsumed = naive.unconsumed();
  const bytes = unconsumed.map(({ byte }) => byte);
  expect(ring.snapshot()).toEqual({
    capacityBytes: naive.capacity,
    keepHistory: naive.keepHistory,
    start: naive.start,
    consumed: unconsumed[0]?.offset ?? naive.end,
    end: naive.end,
    availableBytes: bytes.length,
    utilization: naive.capacity === 0 ? 0 : bytes.length / naive.capacity,
    writtenBytes: naive.end,
    droppedBytes: naive.droppedBytes,
    consumedBytes: naive.consumedBytes,
    clearedBytes: naive.clearedBytes,
  });
  expect([...ring.read()]).toEqual(bytes);
  expect(ring.views().length).toBeLessThanOrEqual(2);
  expect(ring.views().flatMap((view) => [...view])).toEqual(bytes);
  expect([...ring.readAt(ring.start)]).toEqual(naive.from(naive.start));
  for (const { cursor, offset } of readers) {
    expect(cursor.snapshot()).toEqual({ offset, pending: naive.end - offset });
  }
}

const count = fc.nat({ max: 40 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const between = (from: number, to: number, at: number): number => from + Math.floor(at * (to - from));

const commands = [
  count.map((bytes) =>
    command(`write ${bytes}`, (naive, world) => {
      const chunk = fresh(world, bytes);
      if (bytes > 0) world.reserved = undefined;
      expect(world.ring.write(Uint8Array.from(chunk))).toEqual(naive.write(chunk));
    }),
  ),
  fc.tuple(count, share).map(([maxBytes, filled]) =>
    command(`reserve ${maxBytes}, fill and commit ${filled}`, (naive, world) => {
      const region = world.ring.reserve(maxBytes);
      expect(region.length).toBeLessThanOrEqual(maxBytes);
      expect(region.length > 0).toBe(maxBytes > 0 && naive.capacity > 0);
      const chunk = fresh(world, between(0, region.length, filled));
      region.set(chunk);
      world.reserved = undefined;
      expect(world.ring.commit(chunk.length)).toEqual(naive.write(chunk));
    }),
  ),
  count.map((maxBytes) =>
    command(`reserve ${maxBytes}`, (_naive, world) => {
      world.reserved = world.ring.reserve(maxBytes);
    }),
  ),
  share.map((filled) =>
    command(`fill and commit ${filled} of what was reserved`, (naive, world) => {
      const length = world.reserved?.length ?? 0;
      expect(() => world.ring.commit(length + 1)).toThrow(expect.objectContaining({ reservedBytes: length }));
      const chunk = fresh(world, between(0, length, filled));
      world.reserved?.set(chunk);
      world.reserved = undefined;
      expect(world.ring.commit(chunk.length)).toEqual(naive.write(chunk));
    }),
  ),
  count.map((maxBytes) =>
    command(`consume ${maxBytes}`, (naive, { ring }) => {
      expect([...ring.read(maxBytes)]).toEqual(
        naive
          .unconsumed()
          .slice(0, maxBytes)
          .map(({ byte }) => byte),
      );
      expect([...ring.consume(maxBytes)]).toEqual(naive.consume(maxBytes));
    }),
  ),
  count.map((length) =>
    command(`consumeInto ${length}`, (naive, { ring }) => {
      const target = new Uint8Array(length);
      const taken = naive.consume(length);
      expect(ring.consumeInto(target)).toBe(taken.length);
      expect([...target]).toEqual([...taken, ...new Array<number>(length - taken.length).fill(0)]);
    }),
  ),
  share.map((at) =>
    command(`skipTo ${at}`, (naive, { ring }) => {
      const offset = between(0, naive.end + 1, at);
      const before = naive.unconsumed().filter((kept) => kept.offset < offset).length;
      naive.consume(before);
      expect(ring.skipTo(offset)).toBe(before);
    }),
  ),
  fc.tuple(share, count).map(([at, maxBytes]) =>
    command(`read at ${at} ${maxBytes}`, (naive, { ring }) => {
      const offset = between(naive.start, naive.end + 1, at);
      const expected = naive.from(offset).slice(0, maxBytes);
      expect([...ring.readAt(offset, maxBytes)]).toEqual(expected);
      const first = ring.viewAt(offset, maxBytes);
      const second = ring.viewAt(offset + first.length, maxBytes - first.length);
      expect([...first, ...second]).toEqual(expected);
      for (const outside of [naive.start - 1, naive.end + 1]) {
        expect(() => ring.readAt(outside)).toThrow(expect.objectContaining({ from: naive.start, to: naive.end }));
      }
    }),
  ),
  fc.constantFrom('start' as const, 'end' as const).map((place) =>
    command(`cursor at ${place}`, (naive, { ring, readers }) => {
      readers.push({ cursor: ring.cursor(place), offset: naive[place] });
    }),
  ),
  share.map((at) =>
    command(`cursor at ${at}`, (naive, { ring, readers }) => {
      const offset = between(0, naive.end + 1, at);
      readers.push({ cursor: ring.cursor(offset), offset });
    }),
  ),
  fc.tuple(fc.nat(), count).map(([which, maxBytes]) =>
    command(`next of reader ${which}, ${maxBytes}`, (naive, { readers }) => {
      const reader = readers[which % readers.length];
      if (reader === undefined) return;
      const next = reader.cursor.next(maxBytes);
      if (reader.offset < naive.start) {
        expect(next).toEqual({ kind: 'gap', from: reader.offset, to: naive.start });
        reader.offset = naive.start;
        return;
      }
      const expected = naive.from(reader.offset).slice(0, maxBytes);
      if (expected.length === 0) {
        expect(next).toBeUndefined();
        return;
      }
      expect(next).toMatchObject({ kind: 'bytes', offset: reader.offset });
      const bytes = next?.kind === 'bytes' ? [...next.bytes] : [];
      expect(bytes.length).toBeGreaterThan(0);
      expect(bytes).toEqual(expected.slice(0, bytes.length));
      reader.offset += bytes.length;
    }),
  ),
  fc.constant(
    command('clear', (naive, world) => {
      world.reserved = undefined;
      naive.clear();
      world.ring.clear();
    }),
  ),
];

it('[B38] [T012] behaves, over random operations, like a list of bytes', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 20 }),
      fc.boolean(),
      fc.commands(commands, { maxCommands: 60 }),
      (capacity, keepHistory, run) => {
        fc.modelRun(
          () => ({
            model: new NaiveRing(capacity, keepHistory),
            real: { ring: new RingBuffer(capacity, { keepHistory }), readers: [], reserved: undefined, nextByte: 0 },
          }),
          run,
        );
      },
    ),
    { numRuns: 1_000 },
  );
});
