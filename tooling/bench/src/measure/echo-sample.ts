import { setTimeout as sleep } from 'node:timers/promises';
import { startFloods } from '../client/floods.ts';
import type { Terminal } from '../client/terminal.ts';
import type { Contender, Running } from '../contenders/contender.ts';
import type { Programs } from '../programs.ts';
import { percentile } from '../rounds.ts';
import type { Workbench } from '../workbench.ts';

/** Round trips of single bytes, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Typing at one server, alone and beside floods at the same server. */
export interface EchoSample {
  readonly idle: Latency;
  readonly flooded: Latency;
  /** What all floods together brought meanwhile. */
  readonly floodMegabytesPerSecond: number;
}

/** How much is measured. */
export interface EchoOptions {
  readonly roundTrips: number;
  readonly floods: number;
}

const WARM_ROUND_TRIPS = 20;
const WARM_FLOOD_BYTES = 1_000_000;
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 4;

/** Measures one terminal at `server` alone, then beside `floods` others. */
export async function echoSample(
  bench: Workbench,
  contender: Contender,
  server: Running,
  programs: Programs,
  { roundTrips, floods }: EchoOptions,
): Promise<EchoSample> {
  const terminal = await contender.open(server.address, programs.echo);
  await type(terminal, WARM_ROUND_TRIPS);
  const idle = latency(await type(terminal, roundTrips));
  const neighbours = await startFloods(bench, contender, {
    address: server.address,
    program: programs.flood,
    count: floods,
    warmBytes: WARM_FLOOD_BYTES,
  });
  await type(terminal, WARM_ROUND_TRIPS);
  const from = await neighbours.total();
  const flooded = latency(await type(terminal, roundTrips));
  const to = await neighbours.total();
  await neighbours.stop();
  await terminal.close();
  return { idle, flooded, floodMegabytesPerSecond: (to.bytes - from.bytes) / 1e3 / (to.atMs - from.atMs) };
}

/** The percentiles of some round trips. */
export function latency(tripsMs: readonly number[]): Latency {
  return { p50: percentile(tripsMs, 0.5), p99: percentile(tripsMs, 0.99) };
}

// A pause of random length between the strokes: without one, the client would fall into step with the server's turns.
async function type(terminal: Terminal, roundTrips: number): Promise<readonly number[]> {
  const tripsMs: number[] = [];
  while (tripsMs.length < roundTrips) {
    await sleep(SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
    const echoed = terminal.reach(terminal.receivedBytes + 1);
    const sentMs = performance.now();
    terminal.write('x');
    await echoed;
    tripsMs.push(performance.now() - sentMs);
  }
  return tripsMs;
}
