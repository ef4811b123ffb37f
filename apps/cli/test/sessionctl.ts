import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built program, as people start it. */
export const SESSIONCTL: string = fileURLToPath(new URL('../bin/sessionctl.js', import.meta.url));

/** How one run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run gets. */
export interface RunOptions {
  /** Typed on stdin, which then ends; default: an empty stdin. */
  readonly stdin?: string | Uint8Array;
  /** The whole environment beside `PATH` and the `NODE_OPTIONS` of the test run. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts the program with pipes. */
export function startCli(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [SESSIONCTL, ...args], {
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: '/nonexistent',
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      ...options.env,
    },
    cwd: options.cwd,
    stdio: 'pipe',
  });
}

/** Runs the program to its end. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = startCli(args, options);
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.stdin ?? '');
  return ended(child);
}

/** Collects what a started program prints until it ends. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => stderr.push(bytes));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}
