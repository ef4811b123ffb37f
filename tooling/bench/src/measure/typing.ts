import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from '../client/terminal.ts';
import { percentile } from '../rounds.ts';

/** Percentiles of single events, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 4;

/** The percentiles of some events. */
export function latency(eventsMs: readonly number[]): Latency {
  return { p50: percentile(eventsMs, 0.5), p95: percentile(eventsMs, 0.95), p99: percentile(eventsMs, 0.99) };
}

/**
 * Types single bytes into a terminal that gives them back, each 1 to 4 ms after the last was seen; answers with the
 * length of each round trip in milliseconds.
 */
export async function type(
  terminal: Pick<Terminal, 'receivedBytes' | 'reach' | 'write'>,
  roundTrips: number,
): Promise<readonly number[]> {
  const tripsMs: number[] = [];
  while (tripsMs.length < roundTrips) {
    await thinkingPause();
    const echoed = terminal.reach(terminal.receivedBytes + 1);
    const sentMs = performance.now();
    terminal.write('x');
    await echoed;
    tripsMs.push(performance.now() - sentMs);
  }
  return tripsMs;
}

/** A pause of random length between strokes: without one, the typist would fall into step with the reader's turns. */
export async function thinkingPause(): Promise<void> {
  await sleep(SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
}
