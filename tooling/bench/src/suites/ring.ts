import { RingBuffer } from '@sessiond/ring-buffer';
import { median, medianRatio, pairedRounds, percentile, samplesOf } from '../rounds.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';

const MIB = 1024 * 1024;
const CAPACITIES = [1 * MIB, 4 * MIB, 16 * MIB];
/** Bytes one turn moves, so that a turn takes about 10 ms; whole laps of every capacity. */
const TURNS = [
  { chunkBytes: 64, turnBytes: 32 * MIB },
  { chunkBytes: 4 * 1024, turnBytes: 128 * MIB },
  { chunkBytes: 64 * 1024, turnBytes: 256 * MIB },
];
const ROUNDS = 41;
const WARM_UP_ROUNDS = 5;

/**
 * The ring against the least that JavaScript can do: `TypedArray.set` at advancing positions.
 *
 * Both work in the same storage, so that caches and pages are the same for both. JavaScript copies out of the middle of an
 * array only through a view; the limit has all of its views beforehand, which no ring can, and the second rival makes each as
 * it goes, as plain code must. Speed is bytes of the stream per second of CPU time.
 */
export const suite: BenchSuite = {
  name: 'ring',
  async run() {
    // Memory first: what the other rows leave on the heap would drown it.
    const rows: BenchRow[] = [...memoryOfManyRings()];
    for (const capacity of CAPACITIES) {
      for (const turn of TURNS) rows.push(...(await speed(capacity, turn.chunkBytes, turn.turnBytes)));
    }
    rows.push(...latencies(), heapPerWrite());
    return rows;
  },
};

async function speed(capacity: number, chunkBytes: number, turnBytes: number): Promise<BenchRow[]> {
  const ring = new RingBuffer(capacity);
  const storage = new Uint8Array(ring.reserve(1).buffer).fill(1);
  const chunk = new Uint8Array(chunkBytes).fill(2);
  const target = new Uint8Array(chunkBytes);
  const slots = Array.from({ length: capacity / chunkBytes }, (_, slot) =>
    storage.subarray(slot * chunkBytes, (slot + 1) * chunkBytes),
  );
  const times = turnBytes / chunkBytes;
  const measured = (work: () => void) => async (): Promise<number> => {
    // Both sides then read what they have just written, and the ring overwrites unconsumed bytes only when nobody consumes.
    ring.clear();
    const started = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(started);
    return turnBytes / (user + system) / 1_000;
  };
  const contestants = new Map([
    ['write', measured(() => writeAll(ring, chunk, times))],
    ['one copy', measured(() => copyAll(storage, chunk, times))],
    ['write and consume', measured(() => writeAndConsumeAll(ring, chunk, target, times))],
    ['two copies', measured(() => copyTwiceAll(storage, slots, chunk, target, times))],
    ['two copies and a view', measured(() => copyTwiceWithViewsAll(storage, chunk, target, times))],
  ]);
  await pairedRounds(contestants, { rounds: WARM_UP_ROUNDS });
  const rounds = await pairedRounds(contestants, { rounds: ROUNDS });

  const row = (name: string, ours: string, rival: string, least: number | null): BenchRow => {
    const ratio = medianRatio(rounds, ours, rival, (speed) => speed);
    return {
      name: `${name}, ${sized(chunkBytes)} chunks, ${sized(capacity)} ring`,
      unit: 'GB/s',
      ours: rounded(median(samplesOf(rounds, ours))),
      rival: rounded(median(samplesOf(rounds, rival))),
      rivalName: `TypedArray.set, ${rival}`,
      ratio: rounded(ratio),
      target: least === null ? null : `ratio >= ${least}`,
      ok: least === null ? null : ratio >= least,
    };
  };
  return [
    row('write', 'write', 'one copy', 0.9),
    // With 64 bytes the view that a read needs costs more than the copy.
    row('write + consumeInto', 'write and consume', 'two copies', chunkBytes < 4 * 1024 ? null : 0.85),
    row('write + consumeInto', 'write and consume', 'two copies and a view', null),
  ];
}

function writeAll(ring: RingBuffer, chunk: Uint8Array, times: number): number {
  let dropped = 0;
  for (let time = 0; time < times; time++) dropped += ring.write(chunk).dropped;
  return dropped;
}

function copyAll(storage: Uint8Array, chunk: Uint8Array, times: number): number {
  let position = 0;
  for (let time = 0; time < times; time++) {
    storage.set(chunk, position);
    position += chunk.length;
    if (position === storage.length) position = 0;
  }
  return position;
}

function writeAndConsumeAll(ring: RingBuffer, chunk: Uint8Array, target: Uint8Array, times: number): number {
  let consumed = 0;
  for (let time = 0; time < times; time++) {
    ring.write(chunk);
    consumed += ring.consumeInto(target);
  }
  return consumed;
}

function copyTwiceAll(
  storage: Uint8Array,
  slots: readonly Uint8Array[],
  chunk: Uint8Array,
  target: Uint8Array,
  times: number,
): number {
  let slot = 0;
  for (let time = 0; time < times; time++) {
    storage.set(chunk, slot * chunk.length);
    target.set(slots[slot]!);
    slot = slot + 1 === slots.length ? 0 : slot + 1;
  }
  return slot;
}

function copyTwiceWithViewsAll(storage: Uint8Array, chunk: Uint8Array, target: Uint8Array, times: number): number {
  const buffer = storage.buffer;
  let position = 0;
  for (let time = 0; time < times; time++) {
    storage.set(chunk, position);
    target.set(new Uint8Array(buffer, position, chunk.length));
    position += chunk.length;
    if (position === storage.length) position = 0;
  }
  return position;
}

function latencies(): BenchRow[] {
  const ring = new RingBuffer();
  const chunk = new Uint8Array(64 * 1024);
  ring.write(new Uint8Array(ring.capacity()));
  const p95 = (act: () => void): number => {
    for (let time = 0; time < 500; time++) act();
    const samples = Array.from({ length: 2_000 }, () => {
      const started = process.hrtime.bigint();
      act();
      return Number(process.hrtime.bigint() - started) / 1_000;
    });
    return percentile(samples, 0.95);
  };
  const row = (name: string, micros: number): BenchRow => {
    return { ...alone(name, 'µs', micros), target: 'p95 < 1,000 µs', ok: micros < 1_000 };
  };
  return [
    row(
      'p95 of one write, 64 KiB into a full 4 MiB ring',
      p95(() => void ring.write(chunk)),
    ),
    row(
      'p95 of one read, 64 KiB of a full 4 MiB ring',
      p95(() => void ring.read(chunk.length)),
    ),
    // Most of this is the kernel handing out 4 MiB of fresh pages for the copy.
    alone(
      'p95 of one read, all of a full 4 MiB ring',
      'µs',
      p95(() => void ring.read()),
    ),
  ];
}

function heapPerWrite(): BenchRow {
  const ring = new RingBuffer(1 * MIB);
  const chunk = new Uint8Array(64);
  const times = 100_000;
  for (let round = 0; round < 20; round++) writeAll(ring, chunk, times);
  const samples = Array.from({ length: 11 }, () => {
    const before = process.memoryUsage().heapUsed;
    writeAll(ring, chunk, times);
    return (process.memoryUsage().heapUsed - before) / times;
  });
  const bytes = median(samples);
  return { ...alone('heap allocated per write', 'bytes', bytes), target: '< 1 byte', ok: bytes < 1 };
}

function memoryOfManyRings(): BenchRow[] {
  const count = 300;
  const chunk = new Uint8Array(4 * 1024);
  const before = process.memoryUsage.rss();
  const rings = Array.from({ length: count }, () => new RingBuffer(4 * MIB, { keepHistory: false }));
  const created = (process.memoryUsage.rss() - before) / MIB;
  for (const ring of rings) {
    for (let trickled = 0; trickled < 2 * ring.capacity(); trickled += chunk.length) {
      ring.write(chunk);
      ring.skipTo(ring.end);
    }
  }
  const trickled = (process.memoryUsage.rss() - before) / MIB;
  const limitMiB = 16;
  return [
    alone(`RSS growth, ${count} rings of 4 MiB created`, 'MiB', created),
    {
      ...alone(`RSS growth, 8 MiB trickled through each of ${count} rings of 4 MiB`, 'MiB', trickled),
      target: `<= ${limitMiB} MiB`,
      ok: trickled <= limitMiB,
    },
  ];
}

function alone(name: string, unit: string, ours: number): BenchRow {
  return { name, unit, ours: rounded(ours), rival: null, rivalName: null, ratio: null, target: null, ok: null };
}

function sized(bytes: number): string {
  if (bytes >= MIB) return `${bytes / MIB} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
