/**
 * Setup file of `npm run stalls`, and preloaded by the programs that tests start: lets the process stand still at random
 * moments, as it does on a machine that has other work. A test that is green only because a timer of 5 ms cannot be over
 * before the event loop has turned fails here within a few runs.
 *
 * Stands still before and after callbacks of the event loop, where a scheduler could take the processor away with the
 * same effect; not between the reactions of a promise, of which there are too many and between which nothing else runs.
 */
import { createHook, executionAsyncResource } from 'node:async_hooks';

/** How often: one callback in this many. */
const ONE_IN = 20;
/** For how long at most, in milliseconds; half of it on average. */
const MAX_STALL_MS = 25;

const ALREADY = Symbol.for('sessiond.stalls');
const nobodyWakesMe = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

function stall() {
  if (Math.random() * ONE_IN >= 1 || executionAsyncResource() instanceof Promise) return;
  Atomics.wait(nobodyWakesMe, 0, 0, Math.random() * MAX_STALL_MS);
}

// A worker runs its setup files before each test file.
if (globalThis[ALREADY] === undefined) {
  globalThis[ALREADY] = true;
  process.env.NODE_OPTIONS = `--import ${import.meta.url}`;
  createHook({ before: stall, after: stall }).enable();
}
