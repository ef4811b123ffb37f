import { closeSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { InvalidStateError, SignalError, SpawnError } from './errors.ts';
import type { PtyEvent, PtyEventBody, PtyExit, PtyLabels, Unsubscribe } from './events.ts';
import { checkExecLimits } from './exec-limits.ts';
import { resolveExecutable } from './executable.ts';
import { InputWriter } from './input-writer.ts';
import { Listeners } from './listeners.ts';
import type { ForkedPty, NativeBinding } from './native-binding.ts';
import { OutputBuffer, type OutputSnapshot } from './output-buffer.ts';
import { OutputPump, type PumpShare } from './output-pump.ts';
import type { ProcessTable } from './processes.ts';
import {
  checkedDimension,
  checkedGrace,
  type PtyOptions,
  type ResolvedPtyOptions,
  resolvePtyOptions,
} from './pty-options.ts';
import { type PtyState, type PtyStateEvent, PtyStateMachine, type PtyTransition } from './pty-state.ts';
import { settledWithin } from './settled-within.ts';
import { checkedSignal, ProcessSession, type SignalName, signalName } from './signals.ts';
import { endSession, Grace } from './termination.ts';

/** What a PTY needs from its process, made once by the manager. */
export interface PtyHost {
  readonly binding: NativeBinding;
  readonly pump: PumpShare;
  readonly processes: ProcessTable;
  readonly clock: Clock;
}

/** One PTY as plain JSON. */
export interface PtySnapshot extends PtyLabels {
  readonly pid: number;
  readonly state: PtyState;
  readonly cols: number;
  readonly rows: number;
  readonly exit: PtyExit | null;
  readonly pendingInputBytes: number;
  readonly output: OutputSnapshot;
  readonly history: readonly PtyTransition[];
  /** How many times a listener of this PTY threw or rejected. */
  readonly listenerFailures: number;
}

/** How long the terminal may stay open after the last process of its session before its output is ended by force. */
const FORCED_END_MS = 1_000;

/**
 * A child process on a pseudo-terminal, from spawn to its last byte.
 *
 * Nothing it wrote is lost silently: `output` holds the last bytes, readers get exact gaps, and `pty.stopped` comes after
 * the last byte. Nothing written to it can reach another terminal. Memory is bounded by `bufferBytes` plus
 * `inputQueueBytes`. It keeps the process alive until it has stopped, as any child process does.
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
  readonly #exited: Promise<void>;
  #resolveExited!: () => void;
  #resolveStopped!: (exit: PtyExit) => void;
  #cols: number;
  #rows: number;
  #exit: PtyExit | null = null;
  #termination: Promise<PtyExit> | undefined;
  #grace: Grace | undefined;
  #forceKilled = false;

  /**
   * Starts a child; blocks for a few milliseconds. `onEvent` gets the events of the start itself too, before this returns.
   * @throws InvalidOptionError naming the option and its range.
   * @throws SpawnError saying what is missing; nothing is left behind.
   */
  constructor(id: string, options: PtyOptions, host: PtyHost, onEvent?: (event: PtyEvent) => void) {
    const { laneId, sessionId, terminalId, bufferBytes, overflow } = options;
    const resolved = resolvePtyOptions(options);
    this.id = id;
    this.#host = host;
    this.#labels = {
      ptyId: id,
      ...(laneId !== undefined && { laneId }),
      ...(sessionId !== undefined && { sessionId }),
      ...(terminalId !== undefined && { terminalId }),
    };
    this.gracePeriodMs = resolved.gracePeriodMs;
    this.#cols = resolved.cols;
    this.#rows = resolved.rows;
    this.output = new OutputBuffer({
      ...(bufferBytes !== undefined && { capacityBytes: bufferBytes }),
      ...(overflow !== undefined && { overflow }),
    });
    this.#machine = new PtyStateMachine(id, host.clock.now);
    this.#exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    if (onEvent !== undefined) this.#events.add(onEvent);

    this.#apply('spawn-requested');
    const { fd, pid } = this.#fork(resolved);
    this.#fd = fd;
    this.pid = pid;
    this.#session = new ProcessSession(pid, host.processes);
    this.#writer = new InputWriter(fd, {
      capacityBytes: resolved.inputQueueBytes,
      onDrain: () => this.#drained.emit(),
      onError: (error) => this.#emit({ type: 'pty.error', message: `Cannot write input: ${error.message}` }),
    });
    this.#pump = this.#openPump();
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

  /** Calls `listener` for every event from now on, in order; one that throws or rejects disturbs nobody. */
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
    if (!delivered) {
      throw new SignalError(signal, this.id, this.#exit === null ? 'no such process' : 'the child has ended');
    }
  }

  /**
   * Ends the child and everything else in its session: see {@link terminationPlan}. Later calls join the first one; one
   * with less patience brings SIGKILL closer, none can delay it. Processes that moved to a session of their own are not found; if one of them keeps the
   * terminal open for a second longer, the output ends without it.
   * @returns the exit, when the output has ended and no process of the session is left. A stopped PTY answers at once.
   */
  terminate(options: { readonly gracePeriodMs?: number } = {}): Promise<PtyExit> {
    const gracePeriodMs = checkedGrace(options.gracePeriodMs ?? this.gracePeriodMs);
    if (this.state === 'stopped') return this.stopped;
    this.#grace?.shorten(gracePeriodMs);
    if (this.#termination === undefined) {
      const grace = new Grace(gracePeriodMs, this.#host.clock);
      this.#grace = grace;
      let settle!: (exit: Promise<PtyExit>) => void;
      // Set before anything happens: a listener of what happens may call this again.
      this.#termination = new Promise((resolve) => {
        settle = resolve;
      });
      settle(this.#terminate(grace));
    }
    return this.#termination;
  }

  snapshot(): PtySnapshot {
    return {
      ...this.#labels,
      pid: this.pid,
      state: this.state,
      cols: this.#cols,
      rows: this.#rows,
      exit: this.#exit,
      pendingInputBytes: this.pendingInputBytes,
      output: this.output.snapshot(),
      history: this.#machine.history,
      listenerFailures: this.#events.failures + this.#drained.failures,
    };
  }

  #fork({ command, args, cwd, env, cols, rows }: ResolvedPtyOptions): ForkedPty {
    try {
      const file = resolveExecutable(command, cwd, env['PATH']);
      checkExecLimits(file, args, env);
      const onExit = (exitCode: number, signal: number) => this.#childExited(exitCode, signal);
      return this.#host.binding.fork({ file, args, env, cwd, cols, rows }, onExit);
    } catch (error) {
      throw this.#spawnFailed(error);
    }
  }

  #openPump(): OutputPump {
    try {
      return new OutputPump(this.#fd, this.output, this.#host.pump, {
        closing: () => this.#writer.close(),
        ended: () => this.#outputEnded(),
      });
    } catch (error) {
      this.#session.signalAll('SIGKILL');
      closeSync(this.#fd);
      throw this.#spawnFailed(error);
    }
  }

  #spawnFailed(cause: unknown): SpawnError {
    const failure =
      cause instanceof SpawnError
        ? cause
        : new SpawnError('out-of-resources', 'the system has no process, terminal or descriptor to give', { cause });
    this.#apply('spawn-failed');
    this.#emit({ type: 'pty.error', message: failure.message });
    this.#apply('cleanup');
    return failure;
  }

  #childExited(exitCode: number, signal: number): void {
    // Without a pump the spawn has failed, and told so.
    if (this.#pump === undefined) return;
    this.#session.leaderReaped();
    this.#exit = {
      exitCode: signal === 0 ? exitCode : null,
      signal: signal === 0 ? null : signalName(signal),
      reason: this.#termination !== undefined ? 'terminated' : signal === 0 ? 'exited' : 'signaled',
    };
    this.#emit({ type: 'pty.exited', ...this.#exit });
    this.#resolveExited();
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

  async #terminate(grace: Grace): Promise<PtyExit> {
    this.#emit({ type: 'pty.terminating', gracePeriodMs: grace.gracePeriodMs });
    await endSession(this.#session, {
      grace,
      leaderExited: this.#exited,
      clock: this.#host.clock,
      onSignal: (signal, delivered) => this.#signalled(signal, delivered),
    });
    await settledWithin(this.#host.clock, FORCED_END_MS, this.stopped);
    if (this.#exit !== null) this.#pump.finish();
    return this.stopped;
  }

  #signalled(signal: SignalName, delivered: boolean): void {
    const outcome = !delivered ? 'failed' : signal === 'SIGTERM' ? 'delivered' : 'escalated';
    this.#emit({ type: 'pty.signal.delivered', signal, outcome });
    if (signal !== 'SIGKILL' || !delivered) return;
    this.#forceKilled = true;
    this.#emit({ type: 'pty.force_killed' });
  }

  #describeState(): string {
    return this.state === 'active' && this.#exit !== null ? 'ending' : this.state;
  }

  #apply(event: PtyStateEvent): void {
    const { from, to } = this.#machine.apply(event);
    this.#emit({ type: 'pty.state.changed', from, to, cause: event });
  }

  #emit(body: PtyEventBody): void {
    this.#events.emit({ ...body, ...this.#labels, timestamp: this.#host.clock.now(), ts: new Date().toISOString() });
  }
}
