import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Begins a new conversation in the same session. */
export interface NewSessionCommand extends SessionCommandEnvelope {
  readonly type: 'new_session';
}

/** Whether it was begun, and where it is kept. */
export interface NewSessionData {
  readonly sessionId: string;
  /** Whether something in the agent prevented it. */
  readonly cancelled: boolean;
  readonly sessionFile?: string;
}

/** Contract of `new_session`. */
export const newSession: CommandContract<NewSessionCommand, NewSessionData> = contract({
  type: 'new_session',
  summary: 'Begins a new conversation in the same session; the old one stays on disk.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: [],
  example: { type: 'new_session', id: 'c-86', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', cancelled: false },
  schema: () => sessionCommand<NewSessionCommand>('new_session'),
  dataSchema: () => object<NewSessionData>({ sessionId, cancelled: flag }, { sessionFile: z.string() }),
});
