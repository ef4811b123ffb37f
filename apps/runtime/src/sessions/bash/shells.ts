import { existsSync } from 'node:fs';
import { type BashData, ProtocolError } from '@sessiond/protocol';
import type { PipedProcesses } from '@sessiond/pty-core';
import { type BashObserver, unobservedBash } from './bash-observer.ts';
import { type BashRequest, BashRun } from './bash-run.ts';

/** What the shells of a daemon are made of. */
export interface ShellsOptions {
  readonly processes: PipedProcesses;
  /** Commands that run at a time, those that left processes behind included. */
  readonly maxCommands: number;
  /** How much of the end of the output an answer carries when the client names nothing. */
  readonly outputBytes: number;
  readonly observer?: BashObserver | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** The commands there are. */
export interface ShellCounts {
  readonly running: number;
  /** Those that were answered and have left processes behind, as far as was looked. */
  readonly leftBehind: number;
}

/**
 * Every `bash` command of a daemon: bounds their number, and ends them with their session and with the daemon.
 *
 * A command whose shell ends by itself may leave jobs behind, as with any shell. They keep its place, and are ended with the session at the latest.
 */
export class Shells {
  readonly outputBytes: number;
  readonly #options: ShellsOptions;
  readonly #shell: string = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
  /** Those that run or have left something behind; at most `maxCommands`. */
  readonly #runs = new Set<BashRun>();
  #nextId = 1;
  #refusal: ProtocolError | undefined;

  constructor(options: ShellsOptions) {
    this.#options = options;
    this.outputBytes = options.outputBytes;
  }

  /**
   * Runs a line of shell.
   * @throws ProtocolError `CAPACITY_EXCEEDED`, `SPAWN_FAILED`, or the reason of the signal, with all that is known in its details.
   */
  async run(request: BashRequest, signal: AbortSignal): Promise<BashData> {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#makeRoom();
    const { processes, observer = unobservedBash, now = () => performance.now() } = this.#options;
    // A colon is in no id of a session, which name the other children.
    const id = `bash:${this.#nextId++}`;
    const run = new BashRun(request, { id, shell: this.#shell, processes, observer, now });
    this.#runs.add(run);
    try {
      return await run.run(signal);
    } finally {
      // Looking for what it left behind takes time that nobody needs to wait for.
      setImmediate(() => this.#forgetIfGone(run));
    }
  }

  /** Ends the command that a client runs in a session; resolves when its processes are gone. @returns whether there was one. */
  async abort(sessionId: string, reason: ProtocolError): Promise<boolean> {
    const running = this.#of(sessionId).filter(({ over, by }) => !over && by === 'client');
    for (const run of running) run.abort(reason);
    await Promise.all(running.map(({ answered }) => answered));
    return running.length > 0;
  }

  /** Ends what runs in a session and what was left behind there; resolves when it is gone. */
  async endSession(sessionId: string, reason: ProtocolError): Promise<void> {
    await this.#end(this.#of(sessionId), reason);
  }

  /** Starts nothing any more, and ends everything. Resolves when it is gone, or soon after SIGKILL. */
  async close(reason: ProtocolError): Promise<void> {
    this.#refusal = reason;
    await this.#end([...this.#runs], reason);
    this.#options.processes.close();
  }

  /** Sends SIGKILL to every process of every command and waits for nothing. Never throws. */
  killAll(): void {
    for (const run of this.#runs) run.kill();
  }

  counts(): ShellCounts {
    const leftBehind = [...this.#runs].filter(({ over }) => over).length;
    return { running: this.#runs.size - leftBehind, leftBehind };
  }

  async #end(runs: readonly BashRun[], reason: ProtocolError): Promise<void> {
    await Promise.all(
      runs.map(async (run) => {
        run.abort(reason);
        if (!run.over) await run.answered;
        if (!run.isGone()) await run.endRemains();
        this.#forgetIfGone(run);
      }),
    );
  }

  #of(sessionId: string): BashRun[] {
    return [...this.#runs].filter((run) => run.sessionId === sessionId);
  }

  /** @throws ProtocolError when every place is taken. */
  #makeRoom(): void {
    const { maxCommands } = this.#options;
    if (this.#runs.size < maxCommands) return;
    for (const run of this.#runs) this.#forgetIfGone(run);
    if (this.#runs.size < maxCommands) return;
    const message = `Cannot run bash: ${maxCommands} commands run or have left processes behind, the most allowed`;
    throw new ProtocolError('CAPACITY_EXCEEDED', message);
  }

  #forgetIfGone(run: BashRun): void {
    if (run.isGone()) this.#runs.delete(run);
  }
}
