import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from './clock.ts';
import { OrphanedSession } from './orphaned-session.ts';
import { type OutputEndListener, type OutputTaker, PipedOutput } from './piped-output.ts';
import type { ProcessTable } from './processes.ts';
import type { PtyLedger } from './pty-ledger.ts';
import { checkedGrace } from './pty-options.ts';
import { settledWithin } from './settled-within.ts';
import { ProcessSession } from './signals.ts';
import { type EndableSession, endSession, Grace } from './termination.ts';

/** How long after the end of all processes we may be told that the leader was reaped; one that not even SIGKILL ends is not waited for. */
const TOLD_MS = 1_000;

/** How a process ended: with a status or by a signal, never both. */
export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** What a {@link PipedProcess} is made of. */
export interface PipedProcessParts {
  /** Names it in the ledger. */
  readonly id: string;
  /** Has a pid; its `exit` event is still to come. */
  readonly child: ChildProcess;
  /** Our ends of its pipes; taken over. */
  readonly ends: { readonly stdin: number | undefined; readonly stdout: number; readonly stderr: number };
  readonly onOutput: OutputTaker;
  readonly onOutputEnd: OutputEndListener | undefined;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly ledger: PtyLedger | undefined;
}

/**
 * A process without a terminal, from its start to its last byte: its stdin is `/dev/null` or a pipe, its output comes in pieces as it is read, and it
 * leads a process session of its own, which can be ended whole.
 *
 * Processes that it leaves behind in its session when it ends by itself go on, as those of a shell do, and can still be ended. Those that moved to a
 * session of their own, as a daemon does, are not found.
 */
export class PipedProcess {
  readonly pid: number;
  /**
   * What it reads; `undefined` where it has no such pipe. What is written waits here, so the writer heeds `drain`. Ended when the process ends; a process
   * that reads no more shows in the callback of a write, and nowhere else.
   */
  readonly stdin: Writable | undefined;
  /** Resolves once it was reaped, whether or not its output was taken. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Resolves once it was reaped and all that it had written was taken. Never rejects. */
  readonly finished: Promise<ProcessExit>;
  readonly #parts: PipedProcessParts;
  readonly #session: ProcessSession;
  readonly #output: PipedOutput;
  #grace: Grace | undefined;
  #over: Promise<void> | undefined;
  #remains: OrphanedSession | undefined;

  /** Made right after the start of the child, in the same turn. Use `PipedProcesses`. */
  constructor(parts: PipedProcessParts) {
    const { child, ends, onOutput, onOutputEnd, processes, clock, ledger, id } = parts;
    this.#parts = parts;
    this.pid = child.pid!;
    this.#session = new ProcessSession(this.pid, processes);
    ledger?.started({ ptyId: id, pid: this.pid, startTime: this.#session.leaderStartTime });
    this.#output = new PipedOutput(ends, clock, onOutput, onOutputEnd);
    this.stdin = ends.stdin === undefined ? undefined : openInput(ends.stdin);
    this.exited = new Promise((resolve) => {
      child.on('exit', (exitCode, signal) => {
        this.#session.leaderReaped();
        this.stdin?.destroy();
        this.#output.processEnded();
        resolve({ exitCode, signal });
      });
    });
    this.finished = this.#finish();
  }

  /** Whether no process of its session is left; the ledger forgets it then. Costs a look at all processes of the machine. */
  isGone(): boolean {
    const gone = this.#session.leaderKnownGone && this.#endable().isEmpty();
    if (gone) this.#parts.ledger?.stopped(this.#parts.id);
    return gone;
  }

  /**
   * Ends the process and everything else in its session: see `terminationPlan`. Later calls join the first one; one with less patience brings SIGKILL
   * closer. Resolves when none of them is left, or two seconds after SIGKILL.
   * @throws InvalidOptionError for a grace out of range.
   */
  async terminate(gracePeriodMs: number): Promise<void> {
    checkedGrace(gracePeriodMs);
    this.#grace?.shorten(gracePeriodMs);
    this.#over ??= this.#end(gracePeriodMs).finally(() => {
      this.#grace = undefined;
      this.#over = undefined;
    });
    await this.#over;
  }

  /** Sends SIGKILL to every process of the session and waits for nothing. Never throws. */
  kill(): void {
    const session = this.#endable();
    if (!session.isEmpty()) session.signalAll('SIGKILL');
  }

  /** Stops reading; what was not read is lost, and who writes on is told that nobody reads. */
  closeOutput(): void {
    this.#output.close();
  }

  async #finish(): Promise<ProcessExit> {
    const exit = await this.exited;
    await this.#output.ended;
    return exit;
  }

  async #end(gracePeriodMs: number): Promise<void> {
    const { clock } = this.#parts;
    const grace = new Grace(gracePeriodMs, clock);
    this.#grace = grace;
    await endSession(this.#endable(), { grace, leaderExited: this.exited, clock, onSignal: () => {} });
    // We are told of the end of the leader a moment after it.
    await settledWithin(clock, TOLD_MS, this.exited);
    this.isGone();
  }

  /** What is left to be ended: once the leader's pid may be a stranger's, only those that carry our mark. */
  #endable(): EndableSession {
    const { ledger, id, processes } = this.#parts;
    const { leaderKnownGone, leaderStartTime: startTime } = this.#session;
    if (!leaderKnownGone || ledger === undefined || startTime === undefined) return this.#session;
    this.#remains ??= new OrphanedSession(ledger.instanceId, { ptyId: id, pid: this.pid, startTime }, processes);
    return this.#remains;
  }
}

function openInput(fd: number): Writable {
  const socket = new Socket({ fd, readable: false, writable: true });
  // The end of the reader is told by the process; whoever wrote learns of it by the callback.
  return socket.on('error', () => {});
}
