import {
  type AgentSessionInfo,
  type AgentSessionState,
  type Command,
  type ExitInfo,
  ProtocolError,
  type ResponseDataOf,
  type StreamPosition,
} from '@sessiond/protocol';
import type { HostedSession } from './hosted-session.ts';
import type { RestoredHooks } from './restored-session.ts';
import type { AttachmentHandlers, EventAttachment, SessionFacts } from './session-host.ts';
import type { AgentSessionRecord } from './session-record.ts';
import { assertSameStream, offsetOf } from './stream-bounds.ts';

const FIRST_EVENT = 1;

/** The way an agent ended of which nobody knows. */
const LOST: ExitInfo = Object.freeze({ exitCode: null, signal: null, reason: 'lost' });

/**
 * A finished agent session of an earlier run of the server: everything but its events, which ended with that run. Reading them gives one exact gap up to
 * their end. What its agent has kept of the conversation can be taken up again, by `load_session` with its id.
 */
export class RestoredAgentSession implements HostedSession {
  readonly kind = 'agent';
  readonly sessionId: string;
  readonly #record: AgentSessionRecord;
  readonly #hooks: RestoredHooks;
  #name: string | undefined;
  #version: number;
  #attached = 0;

  constructor(record: AgentSessionRecord, hooks: RestoredHooks) {
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

  info(): AgentSessionInfo {
    const { pid, ...info } = this.#record.info;
    return {
      ...info,
      ...(this.#name !== undefined && { name: this.#name }),
      state: 'stopped',
      exit: info.exit ?? LOST,
      version: this.#version,
      start: info.end,
      attached: this.#attached,
      pendingDialogs: 0,
    };
  }

  state(): AgentSessionState {
    const nothing = { steering: [], followUp: [], commands: [], dialogs: [], transitions: [] };
    return { ...this.info(), ...nothing, isStreaming: false, isCompacting: false };
  }

  record(): AgentSessionRecord {
    return { ...this.#record, info: { ...this.info(), attached: 0 } };
  }

  eventsAfter(): readonly [] {
    return [];
  }

  rename(name: string): AgentSessionInfo {
    this.#name = name;
    this.#version += 1;
    this.#hooks.onChanged(this);
    return this.info();
  }

  /** Tells what was missed as a gap, and then the end. */
  attach(request: Command<'attach'>, _handlers: AttachmentHandlers): EventAttachment {
    const info = this.info();
    const { streamId, exit = LOST } = info;
    assertSameStream(info, request.streamId);
    // No event has the number 0, so that nothing is missed there.
    const from = Math.max(FIRST_EVENT, this.#offsetOf(request.from));
    // Where the server was gone first, a client may have got further than the record.
    const end = Math.max(from, info.end);
    let offset = from;
    let isOpen = true;
    this.#attached += 1;
    const role = request.role ?? 'driver';
    return {
      kind: 'events',
      info: { streamId, from, start: end, end, role, window: 0, state: 'stopped', exit },
      get offset() {
        return offset;
      },
      next: () => {
        if (offset === end) return { kind: 'end' };
        const gap = { kind: 'gap', from: offset, to: end } as const;
        offset = end;
        return gap;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#attached -= 1;
        if (this.#attached === 0) this.#hooks.onUnattached(this);
      },
    };
  }

  async terminate(): Promise<ResponseDataOf<'terminate'>> {
    const { end, exit = LOST } = this.info();
    return { exit, forceKilled: false, endOffset: end };
  }

  #offsetOf(position: StreamPosition = 'start'): number {
    const info = this.info();
    const isEndKnown = this.#record.info.exit !== undefined && this.#record.info.exit.reason !== 'lost';
    if (typeof position === 'number' && !isEndKnown) return position;
    return offsetOf('attach', position, { ...info, start: this.#record.info.start });
  }
}

/** What is told to who wants something of an agent that ended with an earlier run. */
export function endedEarlier(command: string): ProtocolError {
  return new ProtocolError(
    'INVALID_STATE',
    `Cannot run ${command}: the agent ended with an earlier run of the server; load_session takes its conversation up again`,
  );
}
