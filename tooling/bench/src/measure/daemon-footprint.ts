import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawWebSocket } from '../client/raw-web-socket.ts';
import { daemonArguments } from '../commands/command-server.ts';
import { freePort, type Workbench } from '../workbench.ts';
import { residentMiB } from './process-usage.ts';

/** A daemon without sessions and clients. */
export interface Footprint {
  /** From the start of the process to its line that it is ready. */
  readonly readyMs: number;
  /** Resident at that moment, and ten seconds later. */
  readonly readyMiB: number;
  readonly idleMiB: number;
}

const IDLE_MS = 10_000;
const SETTLE_MS = 1_500;
/** Tables, pools and code that the first connections need are not theirs alone. */
const FIRST_CONNECTIONS = 100;

/** Starts a daemon as a service manager does, and looks at it; `idle` tells whether to wait for {@link Footprint.idleMiB}. */
export async function footprint(bench: Workbench): Promise<Footprint> {
  const port = await freePort();
  const startMs = performance.now();
  const child = bench.spawn(process.execPath, daemonArguments(bench, port, join(bench.directory, `${port}.sock`)), {
    env: { ...process.env, XDG_CONFIG_HOME: bench.directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stderr!)) if (line.includes('"event":"ready"')) break;
  const readyMs = performance.now() - startMs;
  const readyMiB = residentMiB(child.pid!);
  await sleep(IDLE_MS);
  const idleMiB = residentMiB(child.pid!);
  child.kill('SIGTERM');
  await ended;
  return { readyMs, readyMiB, idleMiB };
}

/** Opens connections that do nothing. Ends them with the returned function. */
export async function holdIdle(port: number, count: number): Promise<() => void> {
  const sockets: RawWebSocket[] = [];
  for (let opened = 0; opened < count; opened++) {
    const socket = new RawWebSocket(
      { port, path: '/v1/ws' },
      { headBytes: () => 0, onFrame: () => {}, onClose: () => {} },
    );
    await socket.opened;
    sockets.push(socket);
  }
  return () => {
    for (const socket of sockets) socket.close();
  };
}

/** Resident memory of one idle connection in KiB, as the mean of many at a daemon that had some before. */
export async function connectionKiB(
  { pid, port }: { readonly pid: number; readonly port: number },
  count: number,
): Promise<number> {
  const dropFirst = await holdIdle(port, FIRST_CONNECTIONS);
  await sleep(SETTLE_MS);
  const before = residentMiB(pid);
  const drop = await holdIdle(port, count);
  await sleep(SETTLE_MS);
  const after = residentMiB(pid);
  drop();
  dropFirst();
  return ((after - before) * 1024) / count;
}
