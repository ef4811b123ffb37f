import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_LIMIT_MS = 15_000;
const STOP_GRACE_MS = 3_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A server that was started for measuring. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Ends it: SIGTERM, then SIGKILL after three seconds. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Owns what a bench leaves behind while it runs: one temporary directory and every process it started.
 *
 * All of it is gone after {@link Workbench.close}, and also when the bench is interrupted or throws: SIGINT, SIGTERM and
 * SIGHUP kill the processes, remove the directory and exit with 128 + the signal's number.
 */
export class Workbench {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'sessiond-bench-'));
  readonly #children = new Set<ChildProcess>();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.close();
    process.exit(128 + constants.signals[signal]);
  };
  readonly #onExit = (): void => this.close();

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.on('exit', this.#onExit);
  }

  /** Starts a process that ends with the bench. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(command, args, options);
    this.#children.add(child);
    const forget = (): void => void this.#children.delete(child);
    child.once('exit', forget);
    child.once('error', forget);
    return child;
  }

  /**
   * Starts a server under Node and waits until it accepts connections on `port`.
   *
   * Rejects when it ends or stays silent for 15 s; the message carries the end of what it wrote to stderr.
   */
  async startServer(
    args: readonly string[],
    port: number,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<ServerProcess> {
    const child = this.spawn(process.execPath, args, {
      cwd: this.directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000);
    });
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await accepts(port))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`Cannot start ${args[0]}: it does not listen on port ${port}\n${complaint}`);
      }
      await sleep(25);
    }
    return {
      pid: child.pid!,
      port,
      stop: async () => {
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
        await exited;
        clearTimeout(force);
      },
    };
  }

  /** Kills what still runs and removes the directory. Idempotent, synchronous, never throws. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    process.off('exit', this.#onExit);
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
    try {
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A dying server may still write into it; a leftover in the temporary directory is no reason to fail.
    }
  }
}

/** Opens a workbench, measures, and closes it whatever happens. */
export async function onWorkbench<T>(measure: (bench: Workbench) => Promise<T>): Promise<T> {
  const bench = new Workbench();
  try {
    return await measure(bench);
  } finally {
    bench.close();
  }
}

/** A port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
