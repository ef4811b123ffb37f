import {
  type Command,
  ProtocolError,
  type PtySessionInfo,
  type PtySessionState,
  type ResponseDataOf,
  type StreamPosition,
} from '@sessiond/protocol';
import { EarlierSession, LOST } from './earlier-session.ts';
import type { TerminalSession } from './hosted-session.ts';
import type { AttachmentHandlers, OutputAttachment } from './session-host.ts';
import type { PtySessionRecord } from './session-record.ts';
import { assertSameStream, offsetOf } from './stream-bounds.ts';

/**
 * A finished session of an earlier run of the server: everything but its output, which ended with that run. Reading it gives one exact gap up to
 * its end.
 *
 * Where the end is not known, because the server was gone before the program, a client may have got further than the record: its stream then ends
 * where it stands.
 */
export class RestoredSession extends EarlierSession<PtySessionRecord> implements TerminalSession {
  readonly kind = 'pty';

  info(): PtySessionInfo {
    return { ...this.found.info, ...this.changes() };
  }

  state(): PtySessionState {
    const { gracePeriodMs, idleTimeoutMs } = this.found;
    return { ...this.info(), gracePeriodMs, idleTimeoutMs, transitions: [], signals: [] };
  }

  record(): PtySessionRecord {
    return { ...this.found, info: { ...this.info(), attached: 0 } };
  }

  attach(request: Command<'attach'>, _handlers: AttachmentHandlers): OutputAttachment {
    const { streamId, end, cols, rows, exit = LOST } = this.found.info;
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
    const giveUp = this.holdPlace();
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
        isOpen = false;
        giveUp();
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

  readOutput(request: Command<'read_output'>): ResponseDataOf<'read_output'> {
    const { streamId, end } = this.found.info;
    assertSameStream(this.info(), request.streamId);
    const asked = this.#offsetOf('read', request.from);
    const last = Math.max(asked, end);
    const gap = asked < last && { gap: { from: asked, to: last } };
    return { streamId, from: last, next: last, dataBase64: '', ...gap, start: last, end: last, ended: true };
  }

  async waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>> {
    const { streamId, end, exit = LOST } = this.found.info;
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
    const { info } = this.found;
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
