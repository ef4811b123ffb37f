/** How many keys the keyed works use. */
export const KEYS = 10_000;

/** Far away from the key before, as those of different callers are; comes by every key. */
const STRIDE = 7_919;

/** `count` keys in an order without neighbours; 1 or {@link KEYS}. */
export function shuffledKeys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `caller-${(index * STRIDE) % count}`);
}

/** More than a run takes, so that nothing is refused; within 32 bits. */
export const AMPLE = 4_000_000_000;

/** Longer than a run. */
export const WINDOW_MS = 600_000;
