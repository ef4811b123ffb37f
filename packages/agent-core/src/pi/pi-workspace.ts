import type { AgentProcessExit } from '../agent-process.ts';
import { AgentInputError } from '../errors.ts';
import { type Restarting, Supervisor } from '../supervisor.ts';
import type { ResolvedPiOptions } from './pi-backend-options.ts';
import type { PiChild } from './pi-child.ts';
import type { PiProcesses } from './pi-processes.ts';

/** What a workspace tells its sessions of their process. None throws. */
export interface WorkspaceMember {
  /** The process has ended, and is started again. */
  onLost(restarting: Restarting): void;
  /** It runs again, and the session is to be opened in it. @throws when the process is gone again. */
  reopen(child: PiChild): Promise<void>;
  /** All sessions were opened again. */
  onRestarted(attempt: number): void;
  /** It will not be started any more. */
  onGivenUp(error: Error, exit: AgentProcessExit): void;
}

/** Where a process of pi works, and what its sessions share. */
export interface WorkspaceOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly trusted: boolean;
  readonly options: ResolvedPiOptions;
  readonly processes: PiProcesses;
}

/** One working directory with one environment: a process for all its sessions, which is started again when it dies. */
export class PiWorkspace {
  readonly #cwd: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #trusted: boolean;
  readonly #processes: PiProcesses;
  readonly #gracePeriodMs: number;
  readonly #supervisor: Supervisor<PiChild>;
  readonly #members = new Set<WorkspaceMember>();
  #up: Promise<PiChild> | undefined;
  /** Sessions that are being opened. */
  #opening = 0;

  constructor({ cwd, env, trusted, options, processes }: WorkspaceOptions) {
    this.#cwd = cwd;
    this.#env = env;
    this.#trusted = trusted;
    this.#processes = processes;
    this.#gracePeriodMs = options.gracePeriodMs;
    this.#supervisor = new Supervisor<PiChild>({
      ...options.supervision,
      clock: options.clock,
      start: (attempt, signal) => this.#start(attempt, signal),
      onRestarting: (restarting) => this.#tell((member) => member.onLost(restarting)),
      onRestarted: (_child, attempt) => this.#tell((member) => member.onRestarted(attempt)),
      onGivenUp: (error, exit) => this.#tell((member) => member.onGivenUp(error, exit)),
    });
  }

  /** The process, while it works. */
  get child(): PiChild | undefined {
    return this.#supervisor.process;
  }

  /** Whether nobody uses it. */
  get isUnused(): boolean {
    return this.#members.size === 0 && this.#opening === 0;
  }

  /** Whether what ends the process of one session ends work of others. */
  get isShared(): boolean {
    return this.#members.size > 1;
  }

  get isOver(): boolean {
    return this.#supervisor.snapshot().state === 'over';
  }

  get totals(): { readonly restarts: number; readonly crashes: number; readonly restarting: number } {
    const { restarts, crashes, state } = this.#supervisor.snapshot();
    return { restarts, crashes, restarting: state === 'restarting' ? 1 : 0 };
  }

  /**
   * Opens a session in the process, which is started for the first one; whoever gave up waiting takes its own attempt back, and the process stays for the others.
   * @throws what starting or `open` rejects with.
   */
  async open<M extends WorkspaceMember>(open: (child: PiChild) => Promise<M>, signal: AbortSignal): Promise<M> {
    this.#opening += 1;
    try {
      this.#up ??= this.#supervisor.begin(new AbortController().signal);
      await untilAborted(this.#up, signal);
      const child = this.child ?? (await this.#up);
      const member = await open(child);
      this.#members.add(member);
      this.#processes.replenish(this.#env);
      return member;
    } finally {
      this.#opening -= 1;
    }
  }

  /** Forgets a session. */
  remove(member: WorkspaceMember): void {
    this.#members.delete(member);
  }

  /** Ends the process because something in it does not; it is started again. Resolves when it is gone. */
  async endProcess(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.#supervisor.expectEnd();
    await child.terminate(this.#gracePeriodMs);
    await child.exited;
  }

  /** Starts the process no more. Idempotent. */
  stop(): void {
    this.#supervisor.stop();
  }

  /** Ends the process for good. Never rejects. */
  async close(): Promise<void> {
    const child = this.#supervisor.stop() ?? (await this.#up?.catch(() => undefined));
    await child?.terminate(this.#gracePeriodMs);
  }

  async #start(attempt: number, signal: AbortSignal): Promise<PiChild> {
    const child = await this.#processes.take(this.#cwd, this.#env, signal);
    try {
      await child.peer.request('workspace', { cwd: this.#cwd, trusted: this.#trusted }).catch((error: unknown) => {
        throw attempt === 0
          ? new AgentInputError('cwd', 'Cannot open agent: the working directory cannot be entered', { cause: error })
          : error;
      });
      await Promise.all([...this.#members].map((member) => member.reopen(child)));
      return child;
    } catch (error) {
      await child.terminate(this.#gracePeriodMs);
      throw error;
    }
  }

  #tell(tell: (member: WorkspaceMember) => void): void {
    for (const member of [...this.#members]) tell(member);
  }
}

/** The value, or the signal's reason if that comes first. */
function untilAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
