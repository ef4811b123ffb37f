import type { AgentEvent, DialogAnswer } from '@sessiond/protocol';
import type { AgentProcess, AgentProcessExit, AgentProcesses } from '../agent-process.ts';
import type { DialogQuestion, ShellRequest } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError, AgentUnavailableError } from '../errors.ts';
import { StderrTail } from '../stderr-tail.ts';
import type { SupervisedProcess } from '../supervisor.ts';
import type { HostedStatus, HostStart, HostVocabulary, OwnerVocabulary } from './channel/host-vocabulary.ts';
import { Peer } from './channel/peer.ts';

/** How long the last words of a process that has ended may take to arrive. */
const LAST_WORDS_MS = 1_000;
/** Output of tools that the process has not taken yet; beyond, output is left out. */
const MAX_UNSENT_OUTPUT_BYTES = 8 * 1024 * 1024;
/** How much of the end of what a process prints is kept until it is ready, in characters. */
const STDERR_LENGTH = 4_096;
/** The line of a report of Node that says what was wrong; a stack and the version of Node follow it. */
const ERROR_LINE = /^[\w. []*(?:Error|Exception)\b/;
/** Answers of `sh` when a program cannot be run, or is not there. */
const CANNOT_RUN = [126, 127];

/** Moves the channel away from where programs print: stdin and stdout of the process become its descriptors 3 and 4, what it prints goes to stderr. */
const MOVE_CHANNEL = 'exec "$@" 3<&0 4>&1 </dev/null 1>&2';

/** Takes what a session in a process tells and asks. */
export interface SessionOwner {
  onEvents(events: readonly AgentEvent[]): void;
  onStatus(status: HostedStatus): void;
  ask(question: DialogQuestion, signal: AbortSignal): Promise<DialogAnswer>;
  shell(
    request: Omit<ShellRequest, 'env'> & { readonly env: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number | null }>;
}

/** What a process is started with. */
export interface PiChildOptions {
  readonly processes: AgentProcesses;
  readonly clock: Clock;
  /** Unique among the processes of the owner. */
  readonly id: string;
  readonly node: string;
  /** Before the script. */
  readonly nodeArgs: readonly string[];
  readonly hostPath: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly start: HostStart;
  readonly startMs: number;
}

/** A process that runs sessions of pi, and the conversation with it. What it prints is read, and dropped unless it ends before it is ready. */
export class PiChild implements SupervisedProcess {
  readonly #process: AgentProcess;
  /** Until it is ready. */
  #printed: StderrTail | undefined;
  readonly #owners = new Map<string, SessionOwner>();
  readonly peer: Peer<OwnerVocabulary, HostVocabulary>;
  /** Resolves once the process was reaped, and everything it said was taken. */
  readonly exited: Promise<AgentProcessExit>;

  private constructor(process: AgentProcess, clock: Clock, env: PiChildOptions['env']) {
    this.#process = process;
    this.#printed = new StderrTail(STDERR_LENGTH, env);
    let closed = (): void => {};
    const silent = new Promise<void>((resolve) => {
      closed = resolve;
    });
    process.stderr.setEncoding('utf8').on('data', (text: string) => this.#printed?.add(text));
    const complained = new Promise((resolve) => process.stderr.once('close', resolve));
    this.peer = new Peer<OwnerVocabulary, HostVocabulary>({
      input: process.stdout,
      output: process.stdin,
      onClosed: () => {
        closed();
        // Nothing can be said to it any more.
        process.kill();
      },
      requests: {
        ask: ({ session, question }, signal) => this.#owner(session).ask(question, signal),
        shell: ({ session, shell, timeoutMs, ...request }, signal) =>
          this.#owner(session).shell(
            { ...request, timeoutMs, onOutput: (bytes) => this.#sendOutput(shell, bytes) },
            signal,
          ),
      },
      tells: {
        events: ({ session, events }) => this.#owners.get(session)?.onEvents(events),
        status: ({ session, status }) => this.#owners.get(session)?.onStatus(status),
      },
    });
    this.exited = process.exited.then(async (exit) => {
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(LAST_WORDS_MS, resolve, { background: true });
      });
      await Promise.race([Promise.all([silent, complained]), late]);
      cancel();
      this.peer.close('it has ended');
      return exit;
    });
  }

  /**
   * Starts a process and loads pi in it.
   * @throws AgentUnavailableError when pi cannot be run, AgentFailedError when the process ends or takes too long, and the signal's reason.
   */
  static async launch(options: PiChildOptions, signal: AbortSignal): Promise<PiChild> {
    signal.throwIfAborted();
    const child = new PiChild(
      await options.processes.start({
        id: options.id,
        command: 'sh',
        args: ['-c', MOVE_CHANNEL, 'sh', options.node, ...options.nodeArgs, options.hostPath],
        cwd: options.cwd,
        env: options.env,
      }),
      options.clock,
      options.env,
    );
    let giveUp: (error: unknown) => void = () => {};
    const given = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    given.catch(() => {});
    const cancel = options.clock.after(options.startMs, () =>
      giveUp(new AgentFailedError(`Cannot run pi: its process was not ready within ${options.startMs} ms`)),
    );
    const onAbort = () => giveUp(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // It may have been aborted while the process was started.
    if (signal.aborted) onAbort();
    try {
      await Promise.race([child.peer.request('start', options.start), given]);
      child.#printed = undefined;
      return child;
    } catch (error) {
      child.kill();
      const exit = await child.exited;
      if (!(error instanceof AgentFailedError) || !error.interrupted) throw error;
      throw CANNOT_RUN.includes(exit.exitCode ?? 0)
        ? new AgentUnavailableError('Cannot run pi: the Node named for it cannot be run')
        : new AgentFailedError(
            `Cannot run pi: its process ended before it was ready, ${inWords(exit)}${child.#lastWords()}`,
          );
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Whether nothing can be said to it any more; it may still have to be reaped. */
  get isGone(): boolean {
    return this.peer.isClosed;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Hands what a session tells and asks to somebody, from now on. @returns how to end that. */
  attach(session: string, owner: SessionOwner): () => void {
    this.#owners.set(session, owner);
    return () => {
      if (this.#owners.get(session) === owner) this.#owners.delete(session);
    };
  }

  terminate(gracePeriodMs: number): Promise<void> {
    return this.#process.terminate(gracePeriodMs);
  }

  kill(): void {
    this.#process.kill();
  }

  #lastWords(): string {
    const words = this.#printed?.lastLine(ERROR_LINE) || this.#printed?.lastLine();
    return words ? `; the last it said: ${words}` : '';
  }

  #owner(session: string): SessionOwner {
    const owner = this.#owners.get(session);
    if (owner === undefined) throw new AgentFailedError('Cannot ask: the session is not open');
    return owner;
  }

  #sendOutput(shell: number, bytes: Uint8Array): void {
    if (this.peer.unsentBytes > MAX_UNSENT_OUTPUT_BYTES) return;
    this.peer.tell('output', { shell, data: Buffer.from(bytes).toString('base64') });
  }
}

function inWords({ exitCode, signal }: AgentProcessExit): string {
  return signal === null ? `with status ${exitCode}` : `by ${signal}`;
}
