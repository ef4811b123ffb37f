import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import type { AgentProcess, AgentProcessExit, AgentProcesses, AgentProcessRequest } from './agent-process.ts';
import { type Clock, systemClock } from './clock.ts';
import { AgentFailedError, AgentInputError, AgentUnavailableError } from './errors.ts';
import { ProcessSession } from './process-session.ts';
import { settledWithin } from './settled-within.ts';

/** How soon a session is looked at again: a look costs milliseconds. */
const LOOK_MS = 25;
/** How long after SIGKILL a session is looked after: one of its processes may have forked at that moment. */
const SWEEP_MS = 1000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts processes with `node:child_process`, each in a process session of its own. For owners that keep no ledger of their children. */
export class ChildAgentProcesses implements AgentProcesses {
  readonly #clock: Clock;

  constructor(options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws AgentUnavailableError when there is no such program, AgentInputError when there is no such folder, AgentFailedError for anything else. */
  async start({ command, args, cwd, env }: AgentProcessRequest): Promise<AgentProcess> {
    let child: Child;
    try {
      child = spawn(command, args, { cwd, env, detached: true, stdio: 'pipe' });
      if (child.pid === undefined) await once(child, 'spawn');
    } catch (cause) {
      throw await startFailure(cause, cwd);
    }
    return new ChildAgentProcess(child, this.#clock);
  }
}

class ChildAgentProcess implements AgentProcess {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<AgentProcessExit>;
  readonly #session: ProcessSession;
  readonly #clock: Clock;
  #killAt = Number.POSITIVE_INFINITY;
  #ending: Promise<void> | undefined;

  constructor(child: Child, clock: Clock) {
    this.pid = child.pid!;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#clock = clock;
    this.#session = new ProcessSession(this.pid);
    this.exited = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        this.#session.reaped();
        resolve({ exitCode, signal });
      });
    });
    // Who writes to a process that has ended learns it from `exited`.
    child.stdin.on('error', () => {});
    child.on('error', () => {});
  }

  /** Later calls join the first; one with less patience brings SIGKILL closer. Gives up a second after SIGKILL on what not even that ends. */
  async terminate(gracePeriodMs: number): Promise<void> {
    this.#killAt = Math.min(this.#killAt, this.#clock.now() + Math.max(0, gracePeriodMs));
    this.#ending ??= this.#end();
    await this.#ending;
  }

  kill(): void {
    this.#session.signal('SIGKILL');
  }

  async #end(): Promise<void> {
    this.#session.signal('SIGTERM');
    while (this.#clock.now() < this.#killAt && !this.#session.isEmpty()) await this.#look(this.#killAt);
    const giveUpAt = this.#clock.now() + SWEEP_MS;
    while (this.#clock.now() < giveUpAt && !this.#session.isEmpty()) {
      this.kill();
      await this.#look(giveUpAt);
    }
  }

  /** Waits until it makes sense to look again. */
  async #look(until: number): Promise<void> {
    const waitMs = Math.max(0, Math.min(LOOK_MS, until - this.#clock.now()));
    // One that is gone would end every wait at once.
    const sooner = this.#session.leaderReaped ? NEVER : this.exited;
    await settledWithin(this.#clock, waitMs, sooner);
  }
}

const NEVER = new Promise<never>(() => {});

async function startFailure(cause: unknown, cwd: string): Promise<Error> {
  const isFolder = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (!isFolder) return new AgentInputError('cwd', 'Cannot start agent: its working directory is no folder', { cause });
  if (code === 'ENOENT') return new AgentUnavailableError('Cannot start agent: its program was not found', { cause });
  if (code === 'EACCES') return new AgentUnavailableError('Cannot start agent: its program cannot be run', { cause });
  return new AgentFailedError(`Cannot start agent: the system refused (${String(code)})`, { cause });
}
