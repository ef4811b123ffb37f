import { randomUUID } from 'node:crypto';
import type {
  BashEvent,
  Command,
  PtyEvent as PtyEventOnWire,
  PtySessionInfo,
  PtySessionState,
  ResponseDataOf,
} from '@sessiond/protocol';
import type { Pty, PtyEvent } from '@sessiond/pty-core';
import type { BashPlace } from './bash/session-bash.ts';
import type { Cause } from './cause.ts';
import type { LiveSession, TerminalSession } from './hosted-session.ts';
import { waitForOutput } from './output-wait.ts';
import { openPtyAttachment } from './pty-attachment.ts';
import { asProtocolErrors } from './pty-errors.ts';
import { ptyHistory } from './pty-history.ts';
import { RecentEvents } from './recent-events.ts';
import type { AttachmentHandlers, BashListener, OutputAttachment, SessionEvent, SessionFacts } from './session-host.ts';
import type { PtySessionRecord } from './session-record.ts';
import type { Totals } from './session-totals.ts';
import { assertSameStream, offsetOf, type StreamBounds } from './stream-bounds.ts';
import { wireState } from './wire-state.ts';
import { WorkClock } from './work-clock.ts';

/** The most bytes one `read_output` answers with. */
const MAX_READ_BYTES = 1024 * 1024;
const DEFAULT_READ_BYTES = 256 * 1024;
/** Events after which the record of a session says more than before. */
const ENDING_EVENTS: ReadonlySet<string> = new Set(['pty.exited', 'pty.stopped']);

/** What a session is made of besides its PTY. */
export interface PtySessionOptions {
  readonly sessionId: string;
  /** The id of the principal that created it. */
  readonly owner: string;
  readonly name: string | undefined;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What its program was started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly retentionMs: number;
  /** What happened to the PTY before there was a session. */
  readonly events: readonly PtyEvent[];
  readonly onEvent: (event: SessionEvent) => void;
  /** Called when what is on record of it changed: its name, its version, its end. */
  readonly onChanged: () => void;
  /** Called whenever the last attachment was closed. */
  readonly onUnattached: () => void;
}

/** What counts of a session: totals, and what it holds now. */
export interface PtySessionCounts extends Totals {
  /** Output that is kept, and that may be. */
  readonly ringBytes: number;
  readonly ringLimitBytes: number;
  /** Whether its readers lag behind. */
  readonly underPressure: boolean;
}

/**
 * A terminal that clients can address: a PTY with an id, a name, a version, its events, and the clients attached to it.
 * It outlives all of them, and outlives its child for as long as its retention says.
 */
export class PtySession implements LiveSession, TerminalSession, BashPlace {
  readonly kind = 'pty';
  readonly sessionId: string;
  readonly retentionMs: number;
  /** Names this life of the output; an offset means nothing without it. */
  readonly streamId: string = randomUUID();
  readonly createdAt: string = new Date().toISOString();
  readonly #options: PtySessionOptions;
  readonly #pty: Pty;
  readonly #attachments = new Set<OutputAttachment>();
  readonly #log = new RecentEvents();
  /** The wall clock's time when the monotonic one stood at 0. */
  #epochMs = 0;
  #name: string | undefined;
  #version = 0;
  #seq = 0;
  #writtenBytes = 0;
  /** Of input, and of lines of shell that run beside the terminal. */
  readonly #work = new WorkClock();
  #stoppedAt: string | undefined;

  constructor(pty: Pty, options: PtySessionOptions) {
    this.sessionId = options.sessionId;
    this.retentionMs = options.retentionMs;
    this.#name = options.name;
    this.#options = options;
    this.#pty = pty;
    for (const event of options.events) this.#ptyEvent(event);
    pty.onEvent((event) => this.#ptyEvent(event));
  }

  get stopped(): Promise<unknown> {
    return this.#pty.stopped;
  }

  end(reason: 'expired' | 'terminated'): Promise<unknown> {
    return this.#pty.terminate({ reason });
  }

  get cwd(): string {
    return this.#options.cwd;
  }

  get env(): Readonly<Record<string, string>> {
    return this.#options.env;
  }

  /** Number of the last event. */
  get seq(): number {
    return this.#seq;
  }

  get attached(): number {
    return this.#attachments.size;
  }

  /** Milliseconds since the last input or output, or the end of the last line of shell, or since the start if there was none; 0 while such a line runs. */
  get quietMs(): number {
    return Math.min(this.#pty.quietMs, this.#work.quietMs);
  }

  shellBegan(): () => void {
    return this.#work.begin();
  }

  get finished(): boolean {
    return this.#pty.state === 'stopped';
  }

  facts(): SessionFacts {
    return { owner: this.#options.owner, instance: this.streamId, version: this.#version };
  }

  /** Read for every session in a list, and therefore, like {@link counts}, not from a snapshot, which copies the history of the PTY. */
  info(): PtySessionInfo {
    const pty = this.#pty;
    const { start, end, overflow, capacityBytes } = pty.output;
    const { totalWritten, totalDropped, currentUtilization, overflowEvents } = pty.output.stats();
    const { laneId, terminalId } = pty.labels;
    const { exit, lastOutputAt } = pty;
    return {
      sessionId: this.sessionId,
      kind: 'pty',
      ...(this.#name !== undefined && { name: this.#name }),
      owner: this.#options.owner,
      createdAt: this.createdAt,
      state: wireState(pty.state),
      version: this.#version,
      pid: pty.pid,
      command: this.#options.command,
      args: this.#options.args,
      cwd: this.#options.cwd,
      cols: pty.cols,
      rows: pty.rows,
      laneId,
      terminalId,
      streamId: this.streamId,
      start,
      end,
      attached: this.#attachments.size,
      ...(lastOutputAt !== null && { lastOutputAt }),
      ...(exit !== null && { exit }),
      ...(this.#stoppedAt !== undefined && { stoppedAt: this.#stoppedAt }),
      retention: { afterExitMs: this.retentionMs },
      stats: { totalWritten, totalDropped, currentUtilization, overflowEvents },
      overflow,
      bufferBytes: capacityBytes,
    };
  }

  /** Read for every session at every scrape. */
  counts(): PtySessionCounts {
    const { output, listenerFailures } = this.#pty;
    const { start, end, capacityBytes, underPressure, readerFailures } = output;
    return {
      readBytes: end,
      writtenBytes: this.#writtenBytes,
      droppedBytes: output.stats().totalDropped,
      listenerFailures: listenerFailures + readerFailures,
      ringBytes: end - start,
      ringLimitBytes: capacityBytes,
      underPressure,
    };
  }

  /** The record with the history of the PTY. */
  state(): PtySessionState {
    const snapshot = this.#pty.snapshot();
    const { gracePeriodMs, idleTimeoutMs } = this.#pty;
    return { ...this.info(), gracePeriodMs, idleTimeoutMs, ...ptyHistory(snapshot, this.#epochMs) };
  }

  record(): PtySessionRecord {
    const { gracePeriodMs, idleTimeoutMs } = this.#pty;
    return { info: { ...this.info(), attached: 0 }, seq: this.#seq, gracePeriodMs, idleTimeoutMs };
  }

  /** The remembered events behind a number, oldest first. */
  eventsAfter(seq: number): readonly SessionEvent[] {
    return this.#log.after(seq);
  }

  rename(name: string): PtySessionInfo {
    this.#name = name;
    this.changed();
    return this.info();
  }

  /** Counts a change that happened outside, such as the creation itself. */
  changed(): void {
    this.#version += 1;
    this.#options.onChanged();
  }

  /**
   * Attaches a client.
   * @throws ProtocolError for another life of the stream or an offset that was never written.
   */
  attach(request: Command<'attach'>, handlers: AttachmentHandlers): OutputAttachment {
    assertSameStream(this.#bounds(), request.streamId);
    const options = {
      streamId: this.streamId,
      from: offsetOf('attach', request.from ?? 'start', this.#bounds()),
      role: request.role ?? 'driver',
      windowBytes: request.window ?? 0,
      onWritten: (bytes: number) => this.#written(bytes),
      onClose: () => {
        if (this.#attachments.delete(attachment) && this.#attachments.size === 0) this.#options.onUnattached();
      },
    };
    const attachment = openPtyAttachment(this.#pty, options, handlers);
    this.#attachments.add(attachment);
    return attachment;
  }

  write(data: Uint8Array): void {
    asProtocolErrors(() => this.#pty.write(data));
    this.#written(data.length);
  }

  /** @returns whether the size was another one before. */
  resize({ cols, rows }: Command<'resize'>, cause: Cause): boolean {
    const changed = cols !== this.#pty.cols || rows !== this.#pty.rows;
    asProtocolErrors(() => this.#pty.resize(cols, rows, { correlationId: cause.correlationId }));
    return changed;
  }

  /** @returns the leader of the process group that got it. */
  signal(signal: string, cause: Cause): number {
    asProtocolErrors(() => this.#pty.signal(signal, { correlationId: cause.correlationId }));
    return this.#pty.pid;
  }

  async terminate(gracePeriodMs: number | undefined, { correlationId }: Cause): Promise<ResponseDataOf<'terminate'>> {
    const pty = this.#pty;
    const exit = await pty.terminate({ correlationId, ...(gracePeriodMs !== undefined && { gracePeriodMs }) });
    return { exit, forceKilled: pty.forceKilled, endOffset: pty.output.end };
  }

  waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>> {
    return waitForOutput(this.#pty, this.streamId, request, signal);
  }

  /** A copy of past output; a `from` that is gone already is answered with the oldest bytes and a `gap`. */
  readOutput(request: Command<'read_output'>): ResponseDataOf<'read_output'> {
    assertSameStream(this.#bounds(), request.streamId);
    const { start, end, ended } = this.#pty.output;
    const asked = offsetOf('read', request.from ?? 'start', this.#bounds());
    const from = Math.max(asked, start);
    const bytes = this.#pty.output.readAt(from, Math.min(request.maxBytes ?? DEFAULT_READ_BYTES, MAX_READ_BYTES));
    return {
      streamId: this.streamId,
      from,
      next: from + bytes.length,
      dataBase64: Buffer.from(bytes).toString('base64'),
      ...(asked < start && { gap: { from: asked, to: start } }),
      start,
      end,
      ended,
    };
  }

  bashEnded(): void {
    this.changed();
  }

  #bounds(): StreamBounds {
    const { start, end } = this.#pty.output;
    return { streamId: this.streamId, start, end };
  }

  #written(bytes: number): void {
    this.#writtenBytes += bytes;
    this.#work.note();
  }

  bashEvent(event: BashEvent, { correlationId }: Cause, { connectionId, tell }: BashListener): void | Promise<void> {
    // Output has offsets, and would push everything else out of the log.
    const isOutput = event.type === 'bash.output';
    if (!isOutput) this.#seq += 1;
    const sessionEvent: SessionEvent = {
      sessionId: this.sessionId,
      seq: isOutput ? 0 : this.#seq,
      timestamp: new Date().toISOString(),
      correlationId,
      exceptConnectionId: connectionId,
      event,
    };
    if (!isOutput) this.#log.add(sessionEvent);
    this.#options.onEvent(sessionEvent);
    return tell(sessionEvent);
  }

  #ptyEvent({ correlationId, ...event }: PtyEvent): void {
    this.#seq += 1;
    this.#epochMs = Date.parse(event.ts) - event.timestamp;
    if (event.type === 'pty.stopped') this.#stoppedAt = event.ts;
    const sessionEvent: SessionEvent = {
      sessionId: this.sessionId,
      seq: this.#seq,
      timestamp: event.ts,
      correlationId,
      event: event as PtyEventOnWire,
    };
    this.#log.add(sessionEvent);
    this.#options.onEvent(sessionEvent);
    if (ENDING_EVENTS.has(event.type)) this.#options.onChanged();
  }
}
