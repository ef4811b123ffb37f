import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { type Clock, systemClock } from './clock.ts';
import { SpawnError } from './errors.ts';
import { checkExecLimits } from './exec-limits.ts';
import { resolveExecutable } from './executable.ts';
import { FifoPipes } from './fifo-pipes.ts';
import type { OutputEndListener, OutputTaker } from './piped-output.ts';
import { PipedProcess } from './piped-process.ts';
import { LinuxProcessTable, type ProcessTable } from './processes.ts';
import type { PtyLedger } from './pty-ledger.ts';
import { SealedSpawner } from './sealed-spawn.ts';
import { asSpawnError } from './spawn-child.ts';

/** Settings of {@link PipedProcesses}. */
export interface PipedProcessesOptions {
  /** A folder of its own for pipes that are not used yet; created if it is missing. */
  readonly folder: string;
  /** Remembers the children on disk, and marks them, so that a later run can find those a crash left. Default none. */
  readonly ledger?: PtyLedger | undefined;
  readonly processes?: ProcessTable;
  readonly clock?: Clock;
}

/** What to start. */
export interface PipedRequest {
  /** Names it in the ledger: unlike any other child of this process, terminals included. */
  readonly id: string;
  /** The program, found in `PATH` unless it holds a slash. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** `pipe`: it reads what is written to `PipedProcess.stdin`. Default `none`, which is `/dev/null`. */
  readonly stdin?: 'pipe' | 'none' | undefined;
  readonly onOutput: OutputTaker;
  /** Default: nobody is told; `PipedProcess.finished` tells of both with the process. */
  readonly onOutputEnd?: OutputEndListener | undefined;
}

/** Starts processes without a terminal; how many there may be is for the caller to bound. */
export class PipedProcesses {
  readonly #pipes: FifoPipes;
  readonly #spawner = new SealedSpawner();
  readonly #ledger: PtyLedger | undefined;
  readonly #processes: ProcessTable;
  readonly #clock: Clock;
  #closed = false;

  /** Made when the process starts, before it opens anything that it inherits to nobody. @throws Error when the folder cannot be used. */
  constructor({ folder, ledger, clock = systemClock, processes }: PipedProcessesOptions) {
    this.#pipes = new FifoPipes(folder);
    this.#ledger = ledger;
    this.#clock = clock;
    this.#processes = processes ?? new LinuxProcessTable(clock.now);
  }

  /**
   * Starts a process, with a fork that blocks for some milliseconds.
   * @throws SpawnError saying what is missing; nothing is left behind.
   */
  async start({
    id,
    command,
    args,
    cwd,
    env,
    stdin = 'none',
    onOutput,
    onOutputEnd,
  }: PipedRequest): Promise<PipedProcess> {
    const environment = { ...env, ...this.#ledger?.environment };
    const file = resolveExecutable(command, cwd, env['PATH']);
    checkExecLimits(file, args, environment);
    const ours: number[] = [];
    const childs: number[] = [];
    let child: ChildProcess | undefined;
    try {
      const stdout = await this.#pipes.open();
      ours.push(stdout.readEnd);
      childs.push(stdout.writeEnd);
      const stderr = await this.#pipes.open();
      ours.push(stderr.readEnd);
      childs.push(stderr.writeEnd);
      const input = stdin === 'pipe' ? await this.#pipes.openToChild() : undefined;
      if (input !== undefined) {
        ours.push(input.writeEnd);
        childs.push(input.readEnd);
      }
      if (this.#closed) throw new SpawnError('out-of-resources', 'this process is ending');
      child = this.#spawner.spawn({
        file,
        args,
        cwd,
        env: environment,
        stdin: input?.readEnd,
        stdout: stdout.writeEnd,
        stderr: stderr.writeEnd,
      });
      if (child.pid === undefined) throw await failureOf(child);
      const [processes, clock, ledger] = [this.#processes, this.#clock, this.#ledger];
      const ends = { stdin: input?.writeEnd, stdout: stdout.readEnd, stderr: stderr.readEnd };
      return new PipedProcess({ id, child, ends, onOutput, onOutputEnd, processes, clock, ledger });
    } catch (error) {
      if (child?.pid !== undefined) child.kill('SIGKILL');
      ours.forEach(closeSync);
      throw asSpawnError(error);
    } finally {
      childs.forEach(closeSync);
    }
  }

  /** Starts nothing any more; what runs is not touched. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#pipes.close();
  }
}

/** Why there is no child. */
async function failureOf(child: ChildProcess): Promise<unknown> {
  const [error] = await once(child, 'error').catch((error) => [error]);
  return error;
}
