import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendants, isAlive, type ProcessId, rssBytes } from './processes.ts';

const ENTRY = fileURLToPath(new URL('../../../apps/runtime/bin/sessiond.js', import.meta.url));

/** What processes may take to be gone after their daemon: killed ones a moment, and on a busy machine longer; whoever outlives a SIGKILL of the daemon is left on purpose. */
const LEFTOVER_MS = { orderly: 20_000, killed: 1_000 };

/** Seldom enough that a busy machine, which makes an event loop late, does not let a test's daemon be degraded. */
const SELDOM_ALERTS = ['--alert-interval-ms', '30000'];

/** What a daemon may take to be ready, on a machine that compiles something beside. */
const READY_MS = 60_000;

/** How a daemon for a test is started. */
export interface StartDaemonOptions {
  /** Flags beyond `--state-dir`, `--socket` and `--port 0`. */
  readonly flags?: readonly string[];
  /** Variables beyond `PATH`, `HOME` (a folder that is empty), `TERM`, and the `NODE_OPTIONS` of the test run. */
  readonly env?: Readonly<Record<string, string>>;
  /** A state folder to use and leave alone; without it a fresh one that is deleted at the end. */
  readonly stateDir?: string;
}

/** One line of the daemon's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

/** How a daemon ended. */
export interface DaemonEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Processes started by the daemon, directly or not, that outlived it. */
  readonly leftover: readonly ProcessId[];
}

/** A real daemon in its own process, listening on a free port and a socket in a temporary folder. */
export interface TestDaemon {
  /** `http://127.0.0.1:<port>`; empty with `--no-tcp`. */
  readonly url: string;
  /** Empty with `--no-socket`. */
  readonly socketPath: string;
  readonly stateDir: string;
  /** The token for TCP; empty when none is needed. */
  readonly token: string;
  readonly pid: number;
  /** Settles when the process is gone, however that came about. */
  readonly ended: Promise<DaemonEnd>;
  /** Resident memory right now. */
  rssBytes(): number;
  /** Every log line so far. */
  logs(): readonly LogLine[];
  /** Sends a signal without waiting for the end, and takes note of who might outlive it. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and waits for the end. Idempotent. */
  stop(): Promise<DaemonEnd>;
  /** SIGKILL, and waits for the end; the state folder stays until `stop` is called. */
  kill(): Promise<DaemonEnd>;
}

/**
 * Starts a daemon and waits until it is ready.
 *
 * Rejects with its stderr when it ends instead. Call `stop` at the end of the test; if the test run itself ends first, the daemon is
 * killed with it and its folder deleted.
 */
export async function startDaemon(options: StartDaemonOptions = {}): Promise<TestDaemon> {
  const dir = mkdtempSync(join(tmpdir(), 'sessiond-'));
  const stateDir = options.stateDir ?? join(dir, 'state');
  const socketPath = join(dir, 'd.sock');
  const flags = options.flags ?? [];
  const alerts = flags.includes(SELDOM_ALERTS[0]!) ? [] : SELDOM_ALERTS;
  const child = spawnDaemon(['--state-dir', stateDir, '--socket', socketPath, '--port', '0', ...alerts, ...flags], {
    ...options,
    homeDir: dir,
  });
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  const leaveNothing = (): void => {
    child.kill('SIGKILL');
    remove();
  };
  process.once('exit', leaveNothing);
  const lines: LogLine[] = [];
  let stderr = '';
  let offspring: ProcessId[] = [];
  const ended = new Promise<DaemonEnd>((resolve) => {
    child.once('exit', async (exitCode, signal) => {
      // Killed processes are gone a moment after the signal that killed them.
      const deadline = performance.now() + (signal === 'SIGKILL' ? LEFTOVER_MS.killed : LEFTOVER_MS.orderly);
      while (offspring.some(isAlive) && performance.now() < deadline) await delay(10);
      resolve({ exitCode, signal, leftover: offspring.filter(isAlive) });
    });
  });
  try {
    const ready = await new Promise<LogLine>((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`the daemon is not ready after ${READY_MS} ms:\n${stderr}`)),
        READY_MS,
      );
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(deadline);
        reject(new Error(`the daemon ended with ${code ?? signal} instead of becoming ready:\n${stderr}`));
      });
      onLines(child, (text) => {
        stderr += `${text}\n`;
        const line = parseLine(text);
        lines.push(line);
        if (line.event !== 'ready') return;
        clearTimeout(deadline);
        resolve(line);
      });
    });
    const signal = (name: NodeJS.Signals): void => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      offspring = descendants(child.pid!);
      child.kill(name);
    };
    const forget = (): void => {
      process.off('exit', leaveNothing);
      remove();
    };
    const end = (name: NodeJS.Signals): Promise<DaemonEnd> => {
      signal(name);
      return ended;
    };
    return {
      url: (ready['url'] as string | null) ?? '',
      socketPath: (ready['socketPath'] as string | null) ?? '',
      stateDir,
      token: typeof ready['tokenPath'] === 'string' ? readFileSync(ready['tokenPath'], 'utf8').trim() : '',
      pid: child.pid!,
      ended,
      rssBytes: () => rssBytes(child.pid!),
      logs: () => lines,
      signal,
      kill: async () => {
        const how = await end('SIGKILL');
        // Without a state folder in it there is nothing to come back for.
        if (options.stateDir !== undefined) forget();
        return how;
      },
      stop: async () => {
        const how = await end('SIGTERM');
        forget();
        return how;
      },
    };
  } catch (error) {
    process.off('exit', leaveNothing);
    leaveNothing();
    throw error;
  }
}

/** Starts the `sessiond` that was built last, with these arguments and nothing else decided; stdin, stdout and stderr are pipes. */
export function spawnDaemon(
  args: readonly string[],
  options: Pick<StartDaemonOptions, 'env'> & { readonly homeDir: string },
): ChildProcess {
  return spawn(process.execPath, [ENTRY, ...args], {
    cwd: options.homeDir,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: options.homeDir,
      TERM: 'xterm-256color',
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      ...options.env,
    },
    stdio: 'pipe',
  });
}

function onLines(child: ChildProcess, onLine: (text: string) => void): void {
  let rest = '';
  child.stderr!.setEncoding('utf8');
  child.stderr!.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    for (const part of parts) onLine(part);
  });
  child.stderr!.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 0, msg: text };
  }
}
