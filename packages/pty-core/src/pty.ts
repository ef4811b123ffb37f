import { closeSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { InvalidStateError, SignalError } from './errors.ts';
import type { Cause, EndReason, PtyEvent, PtyExit, PtyLabels, Unsubscribe } from './events.ts';
import type { IdleMonitor } from './idle-monitor.ts';
import { Idleness } from './idleness.ts';
import { InputWriter } from './input-writer.ts';
import { Listeners } from './listeners.ts';
import type { NativeBinding } from './native-binding.ts';
import { OutputBuffer } from './output-buffer.ts';
import { OutputPump, type PumpShare } from './output-pump.ts';
import { OutputTelemetry } from './output-telemetry.ts';
import type { ProcessTable } from './processes.ts';
import { PtyEnd } from './pty-end.ts';
import { PtyLife } from './pty-life.ts';
import { checkedDimension, checkedGrace, type PtyOptions, resolvePtyOptions } from './pty-options.ts';
import type { PtySnapshot } from './pty-snapshot.ts';
import type { PtyState } from './pty-state.ts';
import { SignalSender } from './signal-sender.ts';
import { checkedSignal, ProcessSession } from './signals.ts';
import { asSpawnError, spawnChild } from './spawn-child.ts';

/** What a PTY needs from its process, made once by the manager. */
export interface PtyHost {
  readonly binding: NativeBinding;
  readonly pump: PumpShare;
  readonly processes: ProcessTable;
  readonly idle: IdleMonitor;
  readonly clock: Clock;
}

/** How a child is ended. */
export interface TerminateOptions {
  /** Time between SIGTERM and SIGKILL; default: the PTY's own. */
  readonly gracePeriodMs?: number;
  /** What its exit says why; default `terminated`. */
  readonly reason?: EndReason;
}

/**
 * A child process on a pseudo-terminal, from spawn to its last byte.
 *
 * Nothing it wrote is lost silently: `output` holds the last bytes, readers get exact gaps, and `pty.stopped` comes after
 * the last byte. Nothing written to it can reach another terminal. Memory is bounded by `bufferBytes` plus
 * `inputQueueBytes`. It keeps the process alive until it has stopped, as any child process does.
 */
export class Pty {
  readonly pid: number;
  readonly output: OutputBuffer;
  readonly gracePeriodMs: number;
  readonly idleTimeoutMs: number | null;
  /** Resolves once, with the exit, when the output has ended. Never rejects. */
  readonly stopped: Promise<PtyExit>;
  readonly #labels: () => PtyLabels;
  readonly #host: PtyHost;
  readonly #fd: number;
  readonly #life: PtyLife;
  readonly #pump: OutputPump;
  readonly #writer: InputWriter;
  readonly #session: ProcessSession;
  readonly #end: PtyEnd;
  readonly #signals: SignalSender;
  readonly #telemetry: OutputTelemetry;
  readonly #idleness: Idleness;
  readonly #drained = new Listeners<void>();
  #cols: number;
  #rows: number;
  /** The output's end when it was last looked at. */
  #seenEnd = 0;

  /**
   * Starts a child; blocks for a few milliseconds. `onEvent` gets the events of the start itself too, before this returns.
   * `labels` is asked for every event, so that they may change. Use {@link PtyManager.spawn}.
   * @throws InvalidOptionError naming the option and its range.
   * @throws SpawnError saying what is missing; nothing is left behind.
   */
  constructor(
    labels: () => PtyLabels,
    options: PtyOptions & Cause,
    host: PtyHost,
    onEvent?: (event: PtyEvent) => void,
  ) {
    const { bufferBytes, overflow, backpressureThreshold, correlationId } = options;
    const resolved = resolvePtyOptions(options);
    this.#labels = labels;
    this.#host = host;
    this.gracePeriodMs = resolved.gracePeriodMs;
    this.idleTimeoutMs = resolved.idleTimeoutMs;
    this.#cols = resolved.cols;
    this.#rows = resolved.rows;
    this.output = new OutputBuffer({
      ...(bufferBytes !== undefined && { capacityBytes: bufferBytes }),
      ...(overflow !== undefined && { overflow }),
      ...(backpressureThreshold !== undefined && { backpressureThreshold }),
    });
    this.#life = new PtyLife(labels, host.clock);
    this.#telemetry = new OutputTelemetry(this.output, host.clock, (body) => this.#life.tell(body));
    if (onEvent !== undefined) this.#life.onEvent(onEvent);

    this.#life.apply('spawn-requested', correlationId);
    const { fd, pid } = this.#orFail(correlationId, () =>
      spawnChild(host.binding, resolved, (exitCode, signal) => this.#childExited(exitCode, signal)),
    );
    this.#fd = fd;
    this.pid = pid;
    this.#session = new ProcessSession(pid, host.processes);
    this.#signals = new SignalSender(this.id, this.#session, this.#life, host.clock);
    this.#end = new PtyEnd({
      session: this.#session,
      signals: this.#signals,
      life: this.#life,
      output: this.output,
      clock: host.clock,
      finishOutput: () => this.#pump.finish(),
    });
    this.stopped = this.#end.stopped;
    this.#writer = new InputWriter(fd, {
      capacityBytes: resolved.inputQueueBytes,
      onDrain: () => this.#drained.emit(),
      onError: (error) => this.#life.tell({ type: 'pty.error', message: `Cannot write input: ${error.message}` }),
    });
    this.#pump = this.#orFail(correlationId, () => this.#openPump());
    this.#idleness = new Idleness(resolved.idleTimeoutMs, this.#life, host.idle, host.clock);
    this.#life.apply('spawn-succeeded', correlationId);
    this.#life.tell({ type: 'pty.spawned', pid, cols: this.#cols, rows: this.#rows }, correlationId);
  }

  get id(): string {
    return this.#labels().ptyId;
  }

  /** Clock ticks between boot and the child's start: with the pid an identity no other process has. Linux only. */
  get startTime(): number | undefined {
    return this.#session.leaderStartTime;
  }

  /** As they are now: {@link PtyManager.relabel} changes them. */
  get labels(): PtyLabels {
    return this.#labels();
  }

  get state(): PtyState {
    return this.#life.state;
  }

  get cols(): number {
    return this.#cols;
  }

  get rows(): number {
    return this.#rows;
  }

  /** How the child ended; `null` while it runs. Known before the output has ended if background jobs outlive it. */
  get exit(): PtyExit | null {
    return this.#end.exit;
  }

  /** Whether {@link terminate} had to use SIGKILL. */
  get forceKilled(): boolean {
    return this.#end.forceKilled;
  }

  /** Input accepted and not yet taken by the terminal. */
  get pendingInputBytes(): number {
    return this.#writer.pendingBytes;
  }

  /** RFC 3339: when there was output last; `null` before the first. */
  get lastOutputAt(): string | null {
    if (this.#seenEnd === 0) return null;
    return new Date(Date.now() - (this.#host.clock.now() - this.#idleness.lastActiveAt)).toISOString();
  }

  /** Milliseconds since the last output, or since the start if there was none. */
  get quietMs(): number {
    return this.#host.clock.now() - this.#idleness.lastActiveAt;
  }

  /** How many times something that listens to this PTY threw or rejected. */
  get listenerFailures(): number {
    return this.#life.listenerFailures + this.#drained.failures;
  }

  /** Calls `listener` for every event from now on, in order; one that throws or rejects disturbs nobody. */
  onEvent(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#life.onEvent(listener);
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
  resize(cols: number, rows: number, cause: Cause = {}): void {
    checkedDimension('cols', cols);
    checkedDimension('rows', rows);
    if (this.#pump.closed) throw new InvalidStateError('resize', this.id, this.#describeState());
    if (cols === this.#cols && rows === this.#rows) return;
    this.#host.binding.setWindowSize(this.#fd, cols, rows);
    const [oldCols, oldRows] = [this.#cols, this.#rows];
    this.#cols = cols;
    this.#rows = rows;
    this.#life.tell({ type: 'pty.resized', cols, rows, oldCols, oldRows }, cause.correlationId);
  }

  /**
   * Delivers a signal to the child's process group.
   * @throws InvalidOptionError for an unknown name, SignalError when nobody is there to receive it.
   */
  signal(name: string, cause: Cause = {}): void {
    const signal = checkedSignal(name);
    const delivered = this.#signals.toGroup(signal, cause.correlationId);
    if (!delivered) throw new SignalError(signal, this.id, this.#signals.unreachable);
  }

  /** Sends SIGKILL to every process of the child's session and waits for nothing: for when there is no time. Never throws. */
  kill(cause: Cause = {}): void {
    this.#signals.toAll('SIGKILL', cause.correlationId);
  }

  /**
   * Ends the child and everything else in its session: see {@link terminationPlan}. Later calls join the first one; one
   * with less patience brings SIGKILL closer, none can delay it. Processes that moved to a session of their own are not found; if one of them keeps the
   * terminal open for a second longer, the output ends without it.
   * @returns the exit, when the output has ended and no process of the session is left. A PTY that has stopped by itself answers
   * at once: jobs it left behind on purpose, without its terminal, go on.
   */
  async terminate(options: TerminateOptions & Cause = {}): Promise<PtyExit> {
    const { reason = 'terminated', correlationId } = options;
    const gracePeriodMs = checkedGrace(options.gracePeriodMs ?? this.gracePeriodMs);
    return this.#end.request(gracePeriodMs, reason, correlationId);
  }

  snapshot(): PtySnapshot {
    return {
      ...this.#labels(),
      pid: this.pid,
      state: this.state,
      cols: this.#cols,
      rows: this.#rows,
      createdAt: this.#life.createdAt,
      updatedAt: this.#life.updatedAt,
      lastOutputAt: this.lastOutputAt,
      idleTimeoutMs: this.idleTimeoutMs,
      exit: this.exit,
      pendingInputBytes: this.pendingInputBytes,
      output: this.output.snapshot(),
      history: this.#life.history,
      signals: this.#signals.records,
      listenerFailures: this.listenerFailures,
    };
  }

  #openPump(): OutputPump {
    try {
      return new OutputPump(this.#fd, this.output, this.#host.pump, {
        flushed: () => this.#outputArrived(),
        closing: () => this.#writer.close(),
        ended: () => this.#outputEnded(),
      });
    } catch (error) {
      this.#session.signalAll('SIGKILL');
      closeSync(this.#fd);
      throw error;
    }
  }

  /** A step of the start; when it fails, the PTY is told to have failed. @throws SpawnError */
  #orFail<T>(correlationId: string | undefined, step: () => T): T {
    try {
      return step();
    } catch (error) {
      const failure = asSpawnError(error);
      this.#life.apply('spawn-failed', correlationId);
      this.#life.tell({ type: 'pty.error', message: failure.message }, correlationId);
      this.#life.apply('cleanup', correlationId);
      throw failure;
    }
  }

  #outputArrived(): void {
    if (this.output.end === this.#seenEnd) return;
    this.#seenEnd = this.output.end;
    this.#idleness.outputArrived();
    this.#telemetry.outputArrived();
  }

  #childExited(exitCode: number, signal: number): void {
    // Without a pump the spawn has failed, and told so.
    if (this.#pump === undefined) return;
    this.#end.childExited(exitCode, signal);
    this.#pump.childExited();
  }

  #outputEnded(): void {
    this.#outputArrived();
    this.#telemetry.finish();
    this.#idleness.end();
    this.#end.outputEnded();
  }

  #describeState(): string {
    return this.state === 'active' && this.exit !== null ? 'ending' : this.state;
  }
}
