import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { daemonArguments } from '../commands/command-server.ts';
import { freePort, type Workbench } from '../workbench.ts';

/** A daemon to be mistreated. */
export interface Target {
  readonly pid: number;
  readonly port: number;
  readonly socketPath: string;
  /** Lines of its log that tell of a defect: level error or above. */
  readonly errors: readonly string[];
  /** Whether it runs. */
  readonly alive: boolean;
  /** Ends it and waits. Idempotent. */
  stop(): Promise<void>;
}

const ERROR_LEVEL = 50;

/** Starts the built daemon with small limits, and no programs that a message of chance could set loose. */
export async function startTarget(bench: Workbench): Promise<Target> {
  const port = await freePort();
  const socketPath = join(bench.directory, `${port}.sock`);
  const child = bench.spawn(
    process.execPath,
    [
      ...daemonArguments(bench, port, socketPath),
      ...['--max-ptys', '24', '--max-message-bytes', '262144', '--buffer-bytes', '65536', '--drain-ms', '1000'],
    ],
    {
      cwd: bench.directory,
      env: {
        PATH: process.env['PATH'],
        HOME: bench.directory,
        XDG_CONFIG_HOME: bench.directory,
        // What runs where no program is named.
        SHELL: '/bin/cat',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = once(child, 'exit');
  const errors: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    createInterface(child.stderr!).on('line', (line) => {
      if (line.includes('"event":"ready"')) resolve();
      if (levelOf(line) >= ERROR_LEVEL) errors.push(line);
    });
    ended.then(() => reject(new Error(`Cannot start the daemon:\n${errors.join('\n')}`)));
  });
  await ready;
  return {
    pid: child.pid!,
    port,
    socketPath,
    errors,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function levelOf(line: string): number {
  try {
    return (JSON.parse(line) as { readonly level: number }).level;
  } catch {
    // What is no line of the log was written by something that failed.
    return ERROR_LEVEL;
  }
}
