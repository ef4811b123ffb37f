import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Workbench } from '../workbench.ts';

/** The session that the commands are for; the floor knows none. */
export const SESSION_ID = 'bench';

/** A server that answers commands on a port and on a Unix socket. */
export interface CommandServer {
  readonly pid: number;
  readonly port: number;
  readonly socketPath: string;
  /** Ends the server. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a server of commands and waits until it accepts connections. */
export type StartCommandServer = (bench: Workbench) => Promise<CommandServer>;

/** `ws` alone, which parses and answers: what no server of commands on `ws` can be cheaper than. */
export const startFloor: StartCommandServer = (bench) =>
  start(bench, (port, socketPath) => [
    fileURLToPath(new URL('echo-floor.js', import.meta.url)),
    String(port),
    socketPath,
  ]);

/** The built daemon, its command budgets off: they would refuse at any rate worth measuring. */
export function sessiondWith(...flags: readonly string[]): StartCommandServer {
  return (bench) => start(bench, (port, socketPath) => [...daemonArguments(bench, port, socketPath), ...flags]);
}

/** The command line of a daemon that listens there, without a token and without budgets of commands. */
export function daemonArguments(bench: Workbench, port: number, socketPath: string): readonly string[] {
  const binary = fileURLToPath(new URL('../../../../apps/runtime/bin/sessiond.js', import.meta.url));
  if (!existsSync(binary)) throw new Error('Cannot start sessiond: it is not built, run `npm run build`');
  return [
    binary,
    ...['--port', String(port), '--socket', socketPath],
    ...['--auth', 'none', '--state-dir', join(bench.directory, `state-${port}`)],
    ...['data', 'control', 'total'].flatMap((budget) => [`--${budget}-commands-per-minute`, 'off']),
  ];
}

async function start(
  bench: Workbench,
  argumentsFor: (port: number, socketPath: string) => readonly string[],
): Promise<CommandServer> {
  const port = await freePort();
  const socketPath = join(bench.directory, `${port}.sock`);
  // Whoever runs the bench may have options of their own for their own daemon.
  const environment = { XDG_CONFIG_HOME: bench.directory };
  const server = await bench.startServer(argumentsFor(port, socketPath), port, environment);
  return { pid: server.pid, port, socketPath, stop: server.stop };
}
