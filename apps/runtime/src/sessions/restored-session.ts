import {
  type Command,
  type ExitInfo,
  ProtocolError,
  type PtySessionInfo,
  type PtySessionState,
  type ResponseDataOf,
  type StreamPosition,
} from '@sessiond/protocol';
import type { HostedSession, TerminalSession } from './hosted-session.ts';
import type { AttachmentHandlers, OutputAttachment, SessionFacts } from './session-host.ts';
import type { PtySessionRecord } from './session-record.ts';
import { assertSameStream, offsetOf } from './stream-bounds.ts';

/** The way a program ended of which nobody knows. */
const LOST: ExitInfo = Object.freeze({ exitCode: null, signal: null, reason: 'lost' });

/** What a session of an earlier run tells. */
export interface RestoredHooks {
  /** What is on record of it changed. */
  readonly onChanged: (session: HostedSession) => void;
  /** The last client let go of it. */
  readonly onUnattached: (session: HostedSession) => void;
}

/**
 * A finished session of an earlier run of the server: everything but its output, which ended with that run. Reading it gives one exact gap up to
 * its end.
 *
 * Where the end is not known, because the server was gone before the program, a client may have got further than the record: its stream then ends
 * where it stands.
 */
export class RestoredSession implements TerminalSession {
  readonly kind = 'pty';
  readonly sessionId: string;
  readonly #record: PtySessionRecord;
  readonly #hooks: RestoredHooks;
  #name: string | undefined;
  #version: number;
  #attached = 0;

  constructor(record: PtySessionRecord, hooks: RestoredHooks) {
    this.sessionId = record.info.sessionId;
    this.#record = record;
    this.#hooks = hooks;
    this.#name = record.info.name;
    this.#version = record.info.version;
  }

  get retentionMs(): number {
    return this.#record.info.retention.afterExitMs;
  }

  get seq(): number {
    return this.#record.seq;
  }

  get attached(): number {
    return this.#attached;
  }

  get finished(): boolean {
    return true;
  }

  facts(): SessionFacts {
    const { owner, streamId } = this.#record.info;
    return { owner, instance: streamId, version: this.#version };
  }

  info(): PtySessionInfo {
    const { info } = this.#record;
    return {
      ...info,
      ...(this.#name !== undefined && { name: this.#name }),
      version: this.#version,
      start: info.end,
      attached: this.#attached,
    };
  }

  state(): PtySessionState {
    const { gracePeriodMs, idleTimeoutMs } = this.#record;
    return { ...this.info(), gracePeriodMs, idleTimeoutMs, transitions: [], signals: [] };
  }

  record(): PtySessionRecord {
    return { ...this.#record, info: { ...this.info(), attached: 0 } };
  }

  eventsAfter(): readonly [] {
    return [];
  }

  rename(name: string): PtySessionInfo {
    this.#name = name;
    this.#version += 1;
    this.#hooks.onChanged(this);
    return this.info();
  }

  attach(request: Command<'attach'>, _handlers: AttachmentHandlers): OutputAttachment {
    const { streamId, end, cols, rows, exit = LOST } = this.#record.info;
    assertSameStream(this.info(), request.streamId);
    const from = this.#offsetOf('attach', request.from);
    const last = Math.max(from, end);
    const left = [
      ...(from < last ? [{ kind: 'gap', from, to: last } as const] : []),
      { kind: 'end', offset: last } as const,
    ];
    let offset = from;
    let acknowledged = from;
    let isOpen = true;
    this.#attached += 1;
    const role = request.role ?? 'driver';
    return {
      kind: 'output',
      info: {
        streamId,
        from,
        start: last,
        end: last,
        window: request.window ?? 0,
        role,
        cols,
        rows,
        state: 'stopped',
        exit,
      },
      replayEnd: last,
      pendingInputBytes: 0,
      get offset() {
        return offset;
      },
      get acknowledged() {
        return acknowledged;
      },
      get pending() {
        return last - offset;
      },
      next: () => {
        const chunk = isOpen ? left.shift() : undefined;
        if (chunk !== undefined) offset = last;
        return chunk;
      },
      acknowledge: (asked) => {
        if (!Number.isSafeInteger(asked) || asked < 0 || asked > offset) return false;
        acknowledged = Math.max(acknowledged, asked);
        return true;
      },
      write: () => this.write(),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#attached -= 1;
        if (this.#attached === 0) this.#hooks.onUnattached(this);
      },
    };
  }

  write(): never {
    throw gone('write to');
  }

  resize(): never {
    throw gone('resize');
  }

  signal(): never {
    throw gone('send a signal to');
  }

  async terminate(): Promise<ResponseDataOf<'terminate'>> {
    const { end, exit = LOST } = this.#record.info;
    return { exit, forceKilled: false, endOffset: end };
  }

  readOutput(request: Command<'read_output'>): ResponseDataOf<'read_output'> {
    const { streamId, end } = this.#record.info;
    assertSameStream(this.info(), request.streamId);
    const asked = this.#offsetOf('read', request.from);
    const last = Math.max(asked, end);
    const gap = asked < last && { gap: { from: asked, to: last } };
    return { streamId, from: last, next: last, dataBase64: '', ...gap, start: last, end: last, ended: true };
  }

  async waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>> {
    const { streamId, end, exit = LOST } = this.#record.info;
    assertSameStream(this.info(), request.streamId);
    const place = { streamId, offset: end, endOffset: end };
    if (request.exit === true) return { matched: 'exit', ...place, exit };
    if (request.idleMs !== undefined) {
      signal.throwIfAborted();
      return { matched: 'idle', ...place };
    }
    this.#offsetOf('wait', request.from);
    throw new ProtocolError('INVALID_STATE', `Cannot wait any longer: the output ended at ${end} without a match`, {
      details: { end, exit },
    });
  }

  #offsetOf(action: string, position: StreamPosition = 'start'): number {
    const { info } = this.#record;
    const isEndKnown = info.exit?.reason !== 'lost';
    if (typeof position === 'number' && !isEndKnown) return position;
    return offsetOf(action, position, { ...info, start: info.end });
  }
}

function gone(action: string): ProtocolError {
  return new ProtocolError(
    'INVALID_STATE',
    `Cannot ${action} the terminal: its program ended with an earlier run of the server`,
  );
}
