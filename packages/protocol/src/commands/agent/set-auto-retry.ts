import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Switches asking a failing provider again on or off. */
export interface SetAutoRetryCommand extends SessionCommandEnvelope {
  readonly type: 'set_auto_retry';
  readonly enabled: boolean;
}

/** What holds now. */
export interface SetAutoRetryData {
  readonly sessionId: string;
  readonly enabled: boolean;
}

/** Contract of `set_auto_retry`. */
export const setAutoRetry: CommandContract<SetAutoRetryCommand, SetAutoRetryData> = contract({
  type: 'set_auto_retry',
  summary: 'Switches on or off that the agent asks a provider that failed again by itself.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  journalKeeps: ['enabled'],
  example: { type: 'set_auto_retry', id: 'c-84', sessionId: 'agent-1', enabled: false },
  exampleData: { sessionId: 'agent-1', enabled: false },
  schema: () => sessionCommand<SetAutoRetryCommand>('set_auto_retry', { enabled: flag }),
  dataSchema: () => object<SetAutoRetryData>({ sessionId, enabled: flag }),
});
