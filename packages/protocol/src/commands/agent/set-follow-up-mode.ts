import { type QueueMode, queueMode } from '../../agent/queue-mode.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Chooses how an agent takes up what is to come afterwards. */
export interface SetFollowUpModeCommand extends SessionCommandEnvelope {
  readonly type: 'set_follow_up_mode';
  readonly mode: QueueMode;
}

/** What holds now. */
export interface SetFollowUpModeData {
  readonly sessionId: string;
  readonly mode: QueueMode;
}

/** Contract of `set_follow_up_mode`. */
export const setFollowUpMode: CommandContract<SetFollowUpModeCommand, SetFollowUpModeData> = contract({
  type: 'set_follow_up_mode',
  summary:
    'Chooses how an agent takes up what it was told by `follow_up`, once it would have ended its turn: `one-at-a-time`, each answered before the next, or `all` together. It holds at once, also for what waits.',
  appliesTo: 'agent',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  journalKeeps: ['mode'],
  example: { type: 'set_follow_up_mode', id: 'c-95', sessionId: 'agent-1', mode: 'all' },
  exampleData: { sessionId: 'agent-1', mode: 'all' },
  schema: () => sessionCommand<SetFollowUpModeCommand>('set_follow_up_mode', { mode: queueMode }),
  dataSchema: () => object<SetFollowUpModeData>({ sessionId, mode: queueMode }),
});
