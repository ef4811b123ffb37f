import {
  type AgentSessionInfo,
  type AgentSessionState,
  type Command,
  ProtocolError,
  type StreamPosition,
} from '@sessiond/protocol';
import { EarlierSession, LOST } from './earlier-session.ts';
import type { AttachmentHandlers, EventAttachment } from './session-host.ts';
import type { AgentSessionRecord } from './session-record.ts';
import { assertSameStream, offsetOf } from './stream-bounds.ts';

const FIRST_EVENT = 1;

/**
 * A finished agent session of an earlier run of the server: everything but its events, which ended with that run. Reading them gives one exact gap up to
 * their end. What its agent has kept of the conversation can be taken up again, by `load_session` with its id.
 */
export class RestoredAgentSession extends EarlierSession<AgentSessionRecord> {
  readonly kind = 'agent';

  info(): AgentSessionInfo {
    const { pid, ...info } = this.found.info;
    return { ...info, ...this.changes(), state: 'stopped', exit: info.exit ?? LOST, pendingDialogs: 0 };
  }

  state(): AgentSessionState {
    const nothing = { steering: [], followUp: [], commands: [], dialogs: [], transitions: [] };
    return { ...this.info(), ...nothing, isStreaming: false, isCompacting: false };
  }

  record(): AgentSessionRecord {
    return { ...this.found, info: { ...this.info(), attached: 0 } };
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
      close: this.holdPlace(),
    };
  }

  #offsetOf(position: StreamPosition = 'start'): number {
    const info = this.info();
    const isEndKnown = this.found.info.exit !== undefined && this.found.info.exit.reason !== 'lost';
    if (typeof position === 'number' && !isEndKnown) return position;
    return offsetOf('attach', position, { ...info, start: this.found.info.start });
  }
}

/** What is told to who wants something of an agent that ended with an earlier run. */
export function endedEarlier(command: string): ProtocolError {
  return new ProtocolError(
    'INVALID_STATE',
    `Cannot run ${command}: the agent ended with an earlier run of the server; load_session takes its conversation up again`,
  );
}
