import { startFloods } from '../client/floods.ts';
import type { Contender, Running } from '../contenders/contender.ts';
import type { Programs } from '../programs.ts';
import type { Workbench } from '../workbench.ts';
import { type Latency, latency, type } from './typing.ts';

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
