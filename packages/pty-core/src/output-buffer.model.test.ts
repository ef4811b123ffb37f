import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputBuffer, type OverflowPolicy } from './output-buffer.ts';
import type { OutputReader } from './output-reader.ts';

/** The byte at an offset; neighbours differ, and so do bytes a ring apart. */
const byteAt = (offset: number) => (offset * 31 + (offset >> 8)) & 0xff;

interface ModelReader {
  readonly real: OutputReader;
  readonly passive: boolean;
  offset: number;
  acknowledged: number;
  endTaken: boolean;
}

/** What the documentation says, computed from nothing but offsets. */
class Model {
  readonly capacityBytes: number;
  readonly real: OutputBuffer;
  overflow: OverflowPolicy = 'drop-oldest';
  end = 0;
  floor = 0;
  dropped = 0;
  overflowEvents = 0;
  ended = false;
  readers: ModelReader[] = [];

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
    this.real = new OutputBuffer({ capacityBytes });
  }

  get start(): number {
    return Math.max(0, this.end - this.capacityBytes);
  }

  get room(): number {
    return this.overflow === 'pause' ? this.capacityBytes - (this.end - this.floor) : Number.POSITIVE_INFINITY;
  }

  appended(bytes: number): void {
    this.end += bytes;
    if (this.start <= this.floor) return;
    this.dropped += this.start - this.floor;
    this.overflowEvents += 1;
    this.floor = this.start;
  }

  settleFloor(): void {
    const counting = this.readers.filter(({ passive }) => !passive).map(({ acknowledged }) => acknowledged);
    if (counting.length > 0) this.floor = Math.max(this.start, Math.min(...counting));
  }

  check(): void {
    const { start, end, floor, ended, overflow } = this.real;
    expect({ start, end, floor, ended, overflow, room: this.real.room() }).toEqual({
      start: this.start,
      end: this.end,
      floor: this.floor,
      ended: this.ended,
      overflow: this.overflow,
      room: this.room,
    });
    expect(this.real.stats()).toEqual({
      totalWritten: this.end,
      totalDropped: this.dropped,
      currentUtilization: this.capacityBytes === 0 ? 0 : (this.end - this.floor) / this.capacityBytes,
      overflowEvents: this.overflowEvents,
    });
    for (const reader of this.readers) {
      expect(reader.real.offset).toBe(reader.offset);
      expect(reader.real.acknowledged).toBe(reader.acknowledged);
      expect(reader.real.pending).toBe(this.end - reader.offset);
    }
  }
}

type Step = (model: Model) => void;

const pick = (model: Model, index: number) => model.readers[index % Math.max(1, model.readers.length)];

function append(size: number, inPlace: boolean): Step {
  return (model) => {
    if (model.ended) return;
    const bytes = Math.min(size, model.room);
    if (inPlace) {
      const region = model.real.reserve(bytes);
      for (let index = 0; index < region.length; index++) region[index] = byteAt(model.end + index);
      model.real.commit(region.length);
      model.appended(region.length);
    } else {
      model.real.append(Uint8Array.from({ length: bytes }, (_, index) => byteAt(model.end + index)));
      if (bytes > 0) model.appended(bytes);
    }
  };
}

function open(where: 'start' | 'end' | number, passive: boolean): Step {
  return (model) => {
    if (model.readers.length >= 4) return;
    const from = typeof where === 'number' ? Math.floor(where * model.end) : where;
    const offset = from === 'start' ? model.start : from === 'end' ? model.end : from;
    const real = model.real.openReader(from, () => {}, { passive });
    model.readers.push({ real, passive, offset, acknowledged: offset, endTaken: false });
    model.settleFloor();
  };
}

function next(index: number, maxBytes: number | undefined): Step {
  return (model) => {
    const reader = pick(model, index);
    if (reader === undefined) return;
    const chunk = reader.real.next(maxBytes);
    if (reader.offset < model.start) {
      expect(chunk).toEqual({ kind: 'gap', from: reader.offset, to: model.start });
      reader.offset = model.start;
    } else if (chunk?.kind === 'bytes') {
      expect(chunk.offset).toBe(reader.offset);
      expect(chunk.bytes.length).toBeGreaterThan(0);
      expect(chunk.bytes.length).toBeLessThanOrEqual(Math.min(maxBytes ?? model.end, model.end - reader.offset));
      expect(chunk.bytes.every((byte, at) => byte === byteAt(reader.offset + at))).toBe(true);
      reader.offset += chunk.bytes.length;
    } else if (chunk?.kind === 'end') {
      expect([model.ended, reader.offset, reader.endTaken]).toEqual([true, model.end, false]);
      expect(chunk.offset).toBe(model.end);
      reader.endTaken = true;
    } else {
      expect(chunk).toBeUndefined();
      expect(reader.offset === model.end || maxBytes === 0).toBe(true);
      expect(model.ended && !reader.endTaken && reader.offset === model.end).toBe(false);
    }
  };
}

function acknowledge(index: number, share: number): Step {
  return (model) => {
    const reader = pick(model, index);
    if (reader === undefined) return;
    const offset = Math.floor(share * reader.offset);
    expect(reader.real.acknowledge(reader.offset + 1)).toBe(false);
    expect(reader.real.acknowledge(offset)).toBe(true);
    if (offset <= reader.acknowledged) return;
    reader.acknowledged = offset;
    model.settleFloor();
  };
}

function close(index: number): Step {
  return (model) => {
    const reader = pick(model, index);
    if (reader === undefined) return;
    reader.real.close();
    model.readers = model.readers.filter((other) => other !== reader);
    const counting = model.readers.some(({ passive }) => !passive);
    if (counting || reader.passive) model.settleFloor();
    else model.floor = Math.max(model.start, reader.acknowledged);
  };
}

function switchTo(overflow: OverflowPolicy): Step {
  return (model) => {
    if (overflow === 'pause' && model.capacityBytes === 0) return;
    model.real.overflow = overflow;
    model.overflow = overflow;
  };
}

const finish: Step = (model) => {
  model.real.finish();
  model.ended = true;
};

const index = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.nat(40), fc.boolean()).map(([size, inPlace]) => append(size, inPlace)) },
  { weight: 6, arbitrary: fc.tuple(index, fc.option(fc.nat(20), { nil: undefined })).map(([i, max]) => next(i, max)) },
  { weight: 3, arbitrary: fc.tuple(index, fc.constantFrom(0.3, 0.8, 1)).map(([i, share]) => acknowledge(i, share)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.oneof(fc.constantFrom('start' as const, 'end' as const), fc.constantFrom(0, 0.5, 1)), fc.boolean())
      .map(([where, passive]) => open(where, passive)),
  },
  { weight: 1, arbitrary: index.map(close) },
  { weight: 1, arbitrary: fc.constantFrom<OverflowPolicy>('pause', 'drop-oldest').map(switchTo) },
  { weight: 1, arbitrary: fc.constant(append(0, false)) },
);

test('no byte twice, none missing but for exact gaps, and all sums agree, whatever readers and writers do', () => {
  const capacity = fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 4, max: 64 }));
  fc.assert(
    fc.property(capacity, fc.array(step, { maxLength: 80 }), fc.boolean(), (capacityBytes, steps, ending) => {
      const model = new Model(capacityBytes);
      for (const run of ending ? [...steps, finish, ...steps] : steps) {
        run(model);
        model.check();
      }
    }),
    { numRuns: 500 },
  );
});
