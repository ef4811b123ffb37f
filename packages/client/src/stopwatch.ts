/**
 * Begins to measure; what it returns tells how many milliseconds have passed since, rather too many than too few.
 *
 * The monotonic clock of many systems stands still while the machine sleeps, and the wall clock can be set back: the one that says more is believed.
 */
export function stopwatch(now: () => number, wallClock: () => number): () => number {
  const atMs = now();
  const wallAtMs = wallClock();
  return () => Math.max(now() - atMs, wallClock() - wallAtMs);
}
