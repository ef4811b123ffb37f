import { InvalidOptionError, InvalidStateError, SignalError, SpawnError } from './errors.ts';
import type { PtyEvent, PtyEventBody, PtyExit, PtyLabels, Unsubscribe } from './events.ts';
import { resolveExecutable } from './executable.ts';
import { InputWriter, MIN_INPUT_QUEUE_BYTES } from './input-writer.ts';
import { Listeners } from './listeners.ts';
import type { ForkedPty, NativeBinding } from './native-binding.ts';
import { OutputBuffer, type OutputStats, type OverflowPolicy } from './output-buffer.ts';
import { OutputPump, type PumpShare } from './output-pump.ts';
import { type PtyState, type PtyStateEvent, PtyStateMachine, type PtyTransition } from './pty-state.ts';
import { checkedSignal, ProcessSession, type SignalName, signalName } from './signals.ts';
import { terminationPlan } from './termination.ts';

/** What a PTY needs from its process, made once by the manager. */
export interface PtyHost {
  readonly binding: NativeBinding;
  readonly pump: PumpShare;
  readonly now: () => number;
}

/** One PTY as plain JSON. */
export interface PtySnapshot extends PtyLabels {
  readonly pid: number;
  readonly state: PtyState;
  readonly cols: number;
  readonly rows: number;
  readonly exit: PtyExit | null;
  readonly pendingInputBytes: number;
  readonly output: OutputStats & { readonly start: number; readonly end: number; readonly overflow: OverflowPolicy };
  readonly history: readonly PtyTransition[];
}

/** How long after SIGKILL the terminal may stay open before its output is ended by force. */
const FORCED_END_MS = 1_000;
const MEMBER_CHECK_MS = 25;

/**
 * A child process on a pseudo-terminal, from spawn to its last byte.
 *
 * Nothing it wrote is lost silently: `output` holds the last bytes, readers get exact gaps, and `pty.stopped` comes after
 * the last byte. Nothing written to it can reach another terminal. Memory is bounded by `bufferBytes` plus
 * `inputQueueBytes`.
 */
export class Pty {
  readonly id: string;
  readonly pid: number;
  readonly output: OutputBuffer;
  readonly gracePeriodMs: number;
  /** Resolves once, with the exit, when the output has ended. Never rejects. */
  readonly stopped: Promise<PtyExit>;
  readonly #labels: PtyLabels;
  readonly #host: PtyHost;
  readonly #fd: number;
  readonly #machine: PtyStateMachine;
  readonly #pump: OutputPump;
  readonly #writer: InputWriter;
  readonly #session: ProcessSession;
  readonly #events = new Listeners<PtyEvent>();
  readonly #drained = new Listeners<void>();
  #resolveStopped!: (exit: PtyExit) => void;
  #cols: number;
  #rows: number;
  #exit: PtyExit | null = null;
  #termination: Promise<PtyExit> | undefined;
  #forceKilled = false;

  /**
   * Starts a child; blocks for a few milliseconds. Events of the start itself are delivered to `onEvent`.
   * @throws InvalidOptionError naming the option and its range.
   * @throws SpawnError saying what is missing; nothing is left behind.
   */
  constructor(id: string, options: PtyOptions, host: PtyHost, onEvent?: (event: PtyEvent) => void) {
    const { command, args = [], cwd = process.cwd(), env, laneId, sessionId, terminalId } = options;
    this.id = id;
    this.#host = host;
    this.#labels = {
      ptyId: id,
      ...(laneId !== undefined && { laneId }),
      ...(sessionId !== undefined && { sessionId }),
      ...(terminalId !== undefined && { terminalId }),
    };
    if (onEvent !== undefined) this.#events.add(onEvent);
    this.#cols = checkedDimension('cols', options.cols ?? DEFAULTS.cols);
    this.#rows = checkedDimension('rows', options.rows ?? DEFAULTS.rows);
    this.gracePeriodMs = checkedGrace(options.gracePeriodMs ?? DEFAULTS.gracePeriodMs);
    const inputQueueBytes = checkedQueue(options.inputQueueBytes ?? DEFAULTS.inputQueueBytes);
    checkStrings(command, args, env);
    this.output = new OutputBuffer({
      ...(options.bufferBytes !== undefined && { capacityBytes: options.bufferBytes }),
      ...(options.overflow !== undefined && { overflow: options.overflow }),
      onRoom: () => this.#pump?.roomChanged(),
    });
    this.#machine = new PtyStateMachine(id, host.now);
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });

    this.#apply('spawn-requested');
    const { fd, pid } = this.#fork(command, args, cwd, env);
    this.#fd = fd;
    this.pid = pid;
    this.#session = new ProcessSession(pid);
    this.#writer = new InputWriter(fd, {
      capacityBytes: inputQueueBytes,
      onDrain: () => this.#drained.emit(),
      onError: (error) => this.#emit({ type: 'pty.error', message: `Cannot write input: ${error.message}` }),
    });
    this.#pump = new OutputPump(fd, this.output, host.pump, {
      closing: () => this.#writer.close(),
      ended: () => this.#outputEnded(),
    });
    this.#apply('spawn-succeeded');
    this.#emit({ type: 'pty.spawned', pid, cols: this.#cols, rows: this.#rows });
  }

  get state(): PtyState {
    return this.#machine.state;
  }

  get cols(): number {
    return this.#cols;
  }

  get rows(): number {
    return this.#rows;
  }

  /** How the child ended; `null` while it runs. Known before the output has ended if background jobs outlive it. */
  get exit(): PtyExit | null {
    return this.#exit;
  }

  /** Whether {@link terminate} had to use SIGKILL. */
  get forceKilled(): boolean {
    return this.#forceKilled;
  }

  /** Input accepted and not yet taken by the terminal. */
  get pendingInputBytes(): number {
    return this.#writer.pendingBytes;
  }

  /** Calls `listener` for every event from now on, in order. */
  onEvent(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#events.add(listener);
  }

  /** Calls `listener` whenever input that had to wait has all been taken. */
  onInputDrained(listener: () => void): Unsubscribe {
    return this.#drained.add(listener);
  }

  /**
   * Sends input in order, all of it or none. What the terminal does not take at once is copied.
   * @throws InvalidStateError when the PTY takes no input any more.
   * @throws InputQueueFullError when it does not fit into the queue.
   */
  write(data: Uint8Array): void {
    if (!this.#writer.write(data)) throw new InvalidStateError('write input', this.id, this.#describeState());
    if (data.length > 0) this.#host.pump.scheduler.inputSent(this.#pump);
  }

  /**
   * Sets the window; the kernel tells the foreground job with exactly one SIGWINCH, none if nothing changed.
   * @throws InvalidOptionError outside 1 to 10,000, InvalidStateError once the terminal is closed.
   */
  resize(cols: number, rows: number): void {
    checkedDimension('cols', cols);
    checkedDimension('rows', rows);
    if (this.#pump.closed) throw new InvalidStateError('resize', this.id, this.#describeState());
    if (cols === this.#cols && rows === this.#rows) return;
    this.#host.binding.setWindowSize(this.#fd, cols, rows);
    const [oldCols, oldRows] = [this.#cols, this.#rows];
    this.#cols = cols;
    this.#rows = rows;
    this.#emit({ type: 'pty.resized', cols, rows, oldCols, oldRows });
  }

  /**
   * Delivers a signal to the child's process group.
   * @throws InvalidOptionError for an unknown name, SignalError when nobody is there to receive it.
   */
  signal(name: string): void {
    const signal = checkedSignal(name);
    const delivered = this.#session.signalLeaderGroup(signal);
    this.#emit({ type: 'pty.signal.delivered', signal, outcome: delivered ? 'delivered' : 'failed' });
    if (!delivered)
      throw new SignalError(signal, this.id, this.#exit === null ? 'no such process' : 'the child has ended');
  }

  /**
   * Ends the child and everything else in its session: see {@link terminationPlan}. Later calls join the first one,
   * whatever grace they name.
   * @returns the exit, when the output has ended and no process of the session is left.
   */
  terminate(options: { readonly gracePeriodMs?: number } = {}): Promise<PtyExit> {
    const gracePeriodMs = checkedGrace(options.gracePeriodMs ?? this.gracePeriodMs);
    this.#termination ??= this.#terminate(gracePeriodMs);
    return this.#termination;
  }

  snapshot(): PtySnapshot {
    const { start, end, overflow } = this.output;
    return {
      ...this.#labels,
      pid: this.pid,
      state: this.state,
      cols: this.#cols,
      rows: this.#rows,
      exit: this.#exit,
      pendingInputBytes: this.pendingInputBytes,
      output: { ...this.output.stats(), start, end, overflow },
      history: this.#machine.history,
    };
  }

  #fork(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): ForkedPty {
    try {
      const file = resolveExecutable(command, cwd, env['PATH']);
      const request = { file, args, env: { ...env, PWD: cwd }, cwd, cols: this.#cols, rows: this.#rows };
      return this.#host.binding.fork(request, (exitCode, signal) => this.#childExited(exitCode, signal));
    } catch (error) {
      this.#apply('spawn-failed');
      const failure =
        error instanceof SpawnError
          ? error
          : new SpawnError('out-of-resources', 'the system has no process, terminal or descriptor to give', {
              cause: error,
            });
      this.#emit({ type: 'pty.error', message: failure.message });
      this.#apply('cleanup');
      throw failure;
    }
  }

  #childExited(exitCode: number, signal: number): void {
    this.#session.leaderReaped();
    this.#exit = {
      exitCode: signal === 0 ? exitCode : null,
      signal: signal === 0 ? null : signalName(signal),
      reason: this.#termination !== undefined ? 'terminated' : signal === 0 ? 'exited' : 'signaled',
    };
    this.#emit({ type: 'pty.exited', ...this.#exit });
    this.#pump.childExited();
  }

  #outputEnded(): void {
    const exit = this.#exit!;
    if (exit.reason === 'terminated' || exit.exitCode === 0) this.#apply('graceful-end');
    else {
      this.#apply('unexpected-exit');
      this.#apply('cleanup');
    }
    this.#emit({ type: 'pty.stopped', ...exit, endOffset: this.output.end });
    this.#resolveStopped(exit);
  }

  async #terminate(gracePeriodMs: number): Promise<PtyExit> {
    if (this.state === 'stopped') return this.stopped;
    this.#emit({ type: 'pty.terminating', gracePeriodMs });
    const begun = this.#host.now();
    for (const { atMs, signals } of terminationPlan(gracePeriodMs)) {
      if (await this.#gone(begun + atMs)) return this.stopped;
      for (const signal of signals) this.#signalSession(signal);
    }
    if (!(await this.#gone(this.#host.now() + FORCED_END_MS)) && this.#exit !== null) this.#pump.finish();
    return this.stopped;
  }

  #signalSession(signal: SignalName): void {
    const delivered = this.#session.signalAll(signal);
    const outcome = !delivered ? 'failed' : signal === 'SIGTERM' ? 'delivered' : 'escalated';
    this.#emit({ type: 'pty.signal.delivered', signal, outcome });
    if (signal !== 'SIGKILL') return;
    this.#forceKilled = true;
    this.#emit({ type: 'pty.force_killed' });
  }

  /** Waits until the PTY has stopped and its session is empty, at most until `deadline`. */
  async #gone(deadline: number): Promise<boolean> {
    for (;;) {
      const leftMs = deadline - this.#host.now();
      if (this.state === 'stopped' && this.#session.members().length === 0) return true;
      if (leftMs <= 0) return false;
      const alive = this.state !== 'stopped';
      await within(alive ? leftMs : Math.min(leftMs, MEMBER_CHECK_MS), alive ? this.stopped : undefined);
    }
  }

  #describeState(): string {
    return this.state === 'active' && this.#exit !== null ? 'ending' : this.state;
  }

  #apply(event: PtyStateEvent): void {
    const { from, to } = this.#machine.apply(event);
    this.#emit({ type: 'pty.state.changed', from, to, cause: event });
  }

  #emit(body: PtyEventBody): void {
    this.#events.emit({ ...body, ...this.#labels, timestamp: this.#host.now(), ts: new Date().toISOString() });
  }
}

/** Resolves when `promise` has resolved or the time is over. */
async function within(ms: number, promise?: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await (promise === undefined ? timeout : Promise.race([promise, timeout]));
  clearTimeout(timer);
}
