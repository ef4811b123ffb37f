import { CommandClient } from '../commands/command-client.ts';
import type { CommandServer } from '../commands/command-server.ts';
import { percentile } from '../rounds.ts';
import { cpuNanoseconds } from './process-usage.ts';

/** What one turn of commands at a server came to. */
export interface CommandSample {
  /** One command after the other over TCP, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The same over the Unix socket. */
  readonly unixP50: number;
  readonly unixP99: number;
  /** With many on their way over one TCP connection. */
  readonly perSecond: number;
  /** Of the server, for one of those, in microseconds. */
  readonly cpu: number;
}

/** How much a turn is. */
export interface CommandLoad {
  readonly roundTrips: number;
  readonly pipelined: number;
  /** Commands on their way at a time. */
  readonly depth: number;
}

const PATH = '/v1/ws';

/** Clients that stay connected from turn to turn, so that no turn pays for a connection. */
export interface CommandClients {
  readonly tcp: CommandClient;
  readonly unix: CommandClient;
}

/** Connects both ways. `command` as in {@link CommandClient.open}. */
export async function connectClients({ port, socketPath }: CommandServer, command?: string): Promise<CommandClients> {
  return {
    tcp: await CommandClient.open({ port, path: PATH }, command),
    unix: await CommandClient.open({ socketPath, path: PATH }, command),
  };
}

/** Has one command after the other answered, then many at a time. */
export async function commandSample(
  { pid }: Pick<CommandServer, 'pid'>,
  { tcp, unix }: CommandClients,
  { roundTrips, pipelined, depth }: CommandLoad,
): Promise<CommandSample> {
  const tripsUs = await timed(tcp, roundTrips);
  const unixTripsUs = await timed(unix, roundTrips);
  const cpuFrom = cpuNanoseconds(pid);
  const startMs = performance.now();
  await tcp.run(pipelined, depth);
  const elapsedMs = performance.now() - startMs;
  return {
    p50: percentile(tripsUs, 0.5),
    p99: percentile(tripsUs, 0.99),
    unixP50: percentile(unixTripsUs, 0.5),
    unixP99: percentile(unixTripsUs, 0.99),
    perSecond: (pipelined / elapsedMs) * 1e3,
    cpu: (cpuNanoseconds(pid) - cpuFrom) / pipelined / 1e3,
  };
}

async function timed(client: CommandClient, roundTrips: number): Promise<readonly number[]> {
  const tripsUs: number[] = [];
  while (tripsUs.length < roundTrips) {
    const sentMs = performance.now();
    await client.run(1, 1);
    tripsUs.push((performance.now() - sentMs) * 1e3);
  }
  return tripsUs;
}
