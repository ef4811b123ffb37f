import type { Random } from '../random.ts';

type Mutation = (random: Random, bytes: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  // A bit is another.
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    const at = random.below(copy.length);
    copy[at]! ^= 1 << random.below(8);
    return copy;
  },
  // The end is missing.
  (random, bytes) => bytes.subarray(0, random.below(bytes.length)),
  // A part is missing, or there twice.
  (random, bytes) => {
    const [from, to] = part(random, bytes);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (random, bytes) => {
    const [from, to] = part(random, bytes);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  // Something strange is in between, or in place of a part.
  (random, bytes) => {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at)]);
  },
  (random, bytes) => {
    const [from, to] = part(random, bytes);
    return Buffer.concat([
      bytes.subarray(0, from),
      Buffer.alloc(to - from, random.pick([0, 0xff, 0x20])),
      bytes.subarray(to),
    ]);
  },
];

/** The bytes with one to three faults such as a wire could make, and some that no wire would. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let mutated = bytes;
  for (let left = 1 + random.below(3); left > 0 && mutated.length > 0; left--) {
    mutated = random.pick(MUTATIONS)(random, mutated);
  }
  return mutated;
}

function part(random: Random, { length }: Buffer): readonly [from: number, to: number] {
  const from = random.below(length);
  return [from, from + 1 + random.below(Math.min(16, length - from))];
}
