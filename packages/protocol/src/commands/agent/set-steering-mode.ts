import { type QueueMode, queueMode } from '../../agent/queue-mode.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Chooses how an agent takes up what steers it. */
export interface SetSteeringModeCommand extends SessionCommandEnvelope {
  readonly type: 'set_steering_mode';
  readonly mode: QueueMode;
}

/** What holds now. */
export interface SetSteeringModeData {
  readonly sessionId: string;
  readonly mode: QueueMode;
}

/** Contract of `set_steering_mode`. */
export const setSteeringMode: CommandContract<SetSteeringModeCommand, SetSteeringModeData> = contract({
  type: 'set_steering_mode',
  summary:
    'Chooses how an agent takes up what it was told by `steer`, before its next step: `one-at-a-time`, each answered before the next, or `all` together. It holds at once, also for what waits.',
  appliesTo: 'agent',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  journalKeeps: ['mode'],
  example: { type: 'set_steering_mode', id: 'c-94', sessionId: 'agent-1', mode: 'all' },
  exampleData: { sessionId: 'agent-1', mode: 'all' },
  schema: () => sessionCommand<SetSteeringModeCommand>('set_steering_mode', { mode: queueMode }),
  dataSchema: () => object<SetSteeringModeData>({ sessionId, mode: queueMode }),
});
