import * as z from 'zod';
import { type AgentPhase, agentPhase } from '../agent/agent-session-info.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { type ExitInfo, exitInfo } from '../exit-info.ts';
import { cells, id, integer, object, offset, oneOf } from '../fields.ts';
import { type PtyState, ptyState } from '../session-info.ts';
import { type StreamPosition, streamPosition } from '../stream-position.ts';

/** Whether an attachment may act on the session or only watch it. */
export type AttachRole = 'driver' | 'observer';

/** Starts the flow of output, or of the events of an agent, to this connection. */
export interface AttachCommand extends SessionCommandEnvelope {
  readonly type: 'attach';
  /** Where to begin; default `start`. */
  readonly from?: StreamPosition;
  /** The stream `from` belongs to; refused with `INVALID_STATE` if the session has another one. */
  readonly streamId?: string;
  /** Most unacknowledged bytes in flight, up to 2^30; default 0: the socket's own buffer is the window, no acks are expected. */
  readonly window?: number;
  /** Default `driver`. */
  readonly role?: AttachRole;
}

/** The place where the flow begins, and what a terminal needs to show it. */
export interface AttachData {
  /** The channel of every frame of this attachment, unique on its connection. */
  readonly channel: number;
  readonly streamId: string;
  /** The resolved `from`. Below `start`, the first frame is the gap from here to `start`. */
  readonly from: number;
  /** The oldest offset held at the moment of attaching. */
  readonly start: number;
  /** The offset after the newest byte at that moment; frames before it carry the replay flag. */
  readonly end: number;
  /** Of a terminal; an agent has no size. */
  readonly cols?: number;
  readonly rows?: number;
  readonly state: PtyState | AgentPhase;
  readonly role: AttachRole;
  /** The granted window; the server may grant less than was asked for, never more, and grants none for the events of an agent. */
  readonly window: number;
  /** Present once the program ended. */
  readonly exit?: ExitInfo;
}

const attachRole = oneOf(['driver', 'observer']);
const windowBytes = integer(0, 2 ** 30);

/** Contract of `attach`. */
export const attach: CommandContract<AttachCommand, AttachData> = contract({
  type: 'attach',
  summary:
    'Sends the output of a session to this connection from a given offset on, and its events with it. Of an agent session the events are the output: offsets are their numbers, and what the log no longer holds is told by one `events_gap`.',
  appliesTo: 'session',
  scope: 'sessions:read',
  audited: true,
  outcomeScope: 'connection',
  example: { type: 'attach', id: 'c-7', sessionId: 'build', from: 4096, streamId: 'st-1', window: 1_048_576 },
  exampleData: {
    channel: 1,
    streamId: 'st-1',
    from: 4096,
    start: 0,
    end: 5120,
    cols: 120,
    rows: 40,
    state: 'active',
    role: 'driver',
    window: 1_048_576,
  },
  schema: () =>
    sessionCommand<AttachCommand>(
      'attach',
      {},
      {
        from: streamPosition,
        streamId: id,
        window: windowBytes,
        role: attachRole,
      },
    ),
  dataSchema: () =>
    object<AttachData>(
      {
        channel: integer(0, 0xffff_ffff),
        streamId: id,
        from: offset,
        start: offset,
        end: offset,
        state: z.union([ptyState, agentPhase]),
        role: attachRole,
        window: windowBytes,
      },
      { cols: cells, rows: cells, exit: exitInfo },
    ),
  scopeOf: (command) => (command.role === 'observer' ? 'sessions:read' : 'sessions:write'),
});
