import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import type { PtyEvent, SessionEventMessage } from '../events.ts';
import { exampleSession } from '../example-session.ts';
import { fromShape, id, list, object, offset, sessionId, shape, timestamp } from '../fields.ts';
import { type SessionInfo, sessionInfo } from '../session-info.ts';

/** Subscribes this connection to the events of a session, beside those it follows already. */
export interface SwitchSessionCommand extends SessionCommandEnvelope {
  readonly type: 'switch_session';
  /** Number of an event: the later ones that are remembered come with the answer, or of an agent after it; 0 for all of them. Default none. */
  readonly after?: number;
}

/** The session as it is at the moment from which events follow. */
export interface SwitchSessionData {
  readonly sessionId: string;
  /** Every event that comes after the answer has a higher number: of a terminal that of the last event so far, of an agent the one before the first that comes. */
  readonly seq: number;
  readonly session: SessionInfo;
  /**
   * Events of a terminal up to `seq`, oldest first; there if `after` was given. The server remembers the last 64 of a session; `pty.output`,
   * `pty.backpressure.on`, `pty.backpressure.off` and `pty.buffer.overflow` are not among them.
   */
  readonly events?: readonly SessionEventMessage<PtyEvent>[];
}

/** How many events of a session are remembered. */
const MAX_REMEMBERED_EVENTS = 64;

function rememberedEvent(): z.ZodType<SessionEventMessage<PtyEvent>> {
  const fields = { type: z.literal('event'), sessionId, seq: offset, timestamp, event: z.looseObject({}) };
  return fromShape<SessionEventMessage<PtyEvent>>(shape([fields, { correlationId: id }]));
}

/** Contract of `switch_session`. */
export const switchSession: CommandContract<SwitchSessionCommand, SwitchSessionData> = contract({
  type: 'switch_session',
  summary:
    'Subscribes this connection to the events of a session, without its bytes and without leaving other sessions.',
  appliesTo: 'session',
  scope: 'sessions:read',
  outcomeScope: 'connection',
  example: { type: 'switch_session', id: 'c-9', sessionId: 'build', after: 17 },
  exampleData: { sessionId: 'build', seq: 17, session: exampleSession, events: [] },
  schema: () => sessionCommand<SwitchSessionCommand>('switch_session', {}, { after: offset }),
  dataSchema: () =>
    object<SwitchSessionData>(
      { sessionId, seq: offset, session: sessionInfo },
      { events: list(rememberedEvent(), MAX_REMEMBERED_EVENTS) },
    ),
});
