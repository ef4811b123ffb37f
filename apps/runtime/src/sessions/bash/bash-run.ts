import { once } from 'node:events';
import { type BashData, type BashEvent, ProtocolError } from '@sessiond/protocol';
import type { PipedProcess, PipedProcesses, ProcessExit } from '@sessiond/pty-core';
import { toProtocolError } from '../pty-errors.ts';
import type { BashObserver } from './bash-observer.ts';
import { BashOutput } from './bash-output.ts';

/** What is to be run, where, and who is told of it. */
export interface BashRequest {
  readonly sessionId: string;
  /** Who wants it; what the tool of an agent runs is not ended by `abort_bash`. Default a client. */
  readonly by?: 'client' | 'tool' | undefined;
  /** A line of shell. */
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** How much of the end of the output is kept for the answer. */
  readonly keepBytes: number;
  /** Gets the events in order; nothing more is read from the shell while what it returns is pending. Must not throw or reject. */
  readonly tell: (event: BashEvent) => void | Promise<void>;
}

/** What a {@link BashRun} is made of. */
export interface BashRunParts {
  /** Names it among the children of the daemon. */
  readonly id: string;
  /** Absolute path of the shell. */
  readonly shell: string;
  readonly processes: PipedProcesses;
  readonly observer: BashObserver;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 1_000;
/** How long after the end of all its processes the last output is waited for, should it be stuck. */
const LAST_OUTPUT_MS = 500;

/** One line of shell, from its start until nothing of it is left. */
export class BashRun {
  readonly sessionId: string;
  readonly by: 'client' | 'tool';
  /** Resolves when it is answered. Never rejects. */
  readonly answered: Promise<void>;
  readonly #request: BashRequest;
  readonly #parts: BashRunParts;
  readonly #abort = new AbortController();
  readonly #output: BashOutput;
  #process: PipedProcess | undefined;
  #resolveAnswered!: () => void;
  #over = false;

  constructor(request: BashRequest, parts: BashRunParts) {
    this.sessionId = request.sessionId;
    this.by = request.by ?? 'client';
    this.#request = request;
    this.#parts = parts;
    this.#output = new BashOutput(request.keepBytes);
    this.answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve;
    });
  }

  /** Whether it was answered; what it left behind may go on. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Runs it; called once.
   * @throws ProtocolError `SPAWN_FAILED`, or the reason of the abort with all that is known in its details, once its processes are gone.
   */
  async run(signal: AbortSignal): Promise<BashData> {
    const forward = (): void => this.abort(signal.reason as ProtocolError);
    signal.addEventListener('abort', forward, { once: true });
    if (signal.aborted) forward();
    try {
      return await this.#run();
    } finally {
      signal.removeEventListener('abort', forward);
      this.#over = true;
      this.#resolveAnswered();
    }
  }

  /** Ends the shell with everything it started; `run` rejects with the reason. */
  abort(reason: ProtocolError): void {
    this.#abort.abort(reason);
  }

  /** Whether no process is left of it. Costs a look at all processes of the machine. */
  isGone(): boolean {
    return this.#over && (this.#process?.isGone() ?? true);
  }

  /** Ends what it left behind. */
  async endRemains(): Promise<void> {
    await this.#process?.terminate(GRACE_MS);
  }

  /** Sends SIGKILL to every process and waits for nothing. */
  kill(): void {
    this.#process?.kill();
  }

  async #run(): Promise<BashData> {
    const { observer, now } = this.#parts;
    const process = await this.#start();
    const startedMs = now();
    observer.bashStarted();
    void this.#request.tell({ type: 'bash.started', pid: process.pid });
    const exit = await this.#exitOf(process);
    for (const piece of this.#output.finish()) void this.#request.tell(piece);
    return this.#answer(exit, now() - startedMs);
  }

  async #start(): Promise<PipedProcess> {
    const { id, shell, processes, observer } = this.#parts;
    const { command, cwd, env, tell } = this.#request;
    try {
      this.#process = await processes.start({
        id,
        command: shell,
        args: ['-c', command],
        cwd,
        env,
        onOutput: (stream, bytes) => {
          observer.bashOutput(bytes.length);
          const piece = this.#output.take(stream, bytes);
          return piece === undefined ? undefined : tell(piece);
        },
      });
      return this.#process;
    } catch (error) {
      observer.bashFinished('spawn-failed');
      throw toProtocolError(error);
    }
  }

  /** How the shell ended by itself, or, when all its processes were ended, by that. */
  async #exitOf(process: PipedProcess): Promise<ProcessExit> {
    const exit = await Promise.race([process.finished, this.#aborted()]);
    if (exit !== undefined) return exit;
    // The shell may be the first of its processes to go.
    await process.terminate(GRACE_MS);
    return lastExit(process);
  }

  async #aborted(): Promise<undefined> {
    const { signal } = this.#abort;
    if (!signal.aborted) await once(signal, 'abort');
  }

  #answer({ exitCode, signal }: ProcessExit, elapsedMs: number): BashData {
    const { sessionId, tell } = this.#request;
    const { observer } = this.#parts;
    // To the microsecond: what is finer is noise.
    const durationMs = Math.round(elapsedMs * 1000) / 1000;
    const reason = this.#abort.signal.reason as ProtocolError | undefined;
    const kept = this.#output.kept();
    const how = reason === undefined ? 'exit' : reason.code === 'TIMEOUT' ? 'timeout' : 'aborted';
    void tell({ type: 'bash.finished', reason: how, exitCode, signal, totalBytes: kept.totalBytes, durationMs });
    observer.bashFinished(how === 'exit' && signal !== null ? 'signal' : how);
    if (kept.truncated) observer.bashTruncated();
    const data: BashData = { sessionId, exitCode, signal, ...kept, durationMs };
    if (reason === undefined) return data;
    throw new ProtocolError(reason.code, reason.message, {
      timedOut: reason.timedOut,
      details: { ...reason.details, ...data },
    });
  }
}

/** How a process ended whose processes were ended, whether or not its last output is taken; unknown where not even SIGKILL has ended it. */
function lastExit(process: PipedProcess): Promise<ProcessExit> {
  return new Promise((resolve) => {
    const stuck = setTimeout(() => {
      process.closeOutput();
      // That lets it finish, unless it lives.
      setImmediate(() => resolve({ exitCode: null, signal: null }));
    }, LAST_OUTPUT_MS);
    void process.finished.then((exit) => {
      clearTimeout(stuck);
      resolve(exit);
    });
  });
}
