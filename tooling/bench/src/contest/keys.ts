/** How many keys the keyed works use. */
export const KEYS = 10_000;

/** Far away from the key before, as those of different callers are; comes by every key. */
const STRIDE = 7_919;

/** Different keys, as they come from a message: each in one piece, and not one that the engine knows as a name. */
export function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(`caller-${index}`).toString('latin1'));
}

/** The same keys in an order without neighbours; `count` is 1 or {@link KEYS}. */
export function shuffledKeys(count: number): readonly string[] {
  const keys = keysOf(count);
  return keys.map((_, index) => keys[(index * STRIDE) % count]!);
}
