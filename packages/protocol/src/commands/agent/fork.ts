import * as z from 'zod';
import { agentWord } from '../../agent/agent-model.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Goes back to something a person said, in a new conversation. */
export interface ForkCommand extends SessionCommandEnvelope {
  readonly type: 'fork';
  /** From `get_fork_messages`. */
  readonly entryId: string;
}

/** What was said there, to be said differently. */
export interface ForkData {
  readonly sessionId: string;
  /** Whether something in the agent prevented it. */
  readonly cancelled: boolean;
  readonly text: string;
  readonly sessionFile?: string;
}

/** Contract of `fork`. */
export const fork: CommandContract<ForkCommand, ForkData> = contract({
  type: 'fork',
  summary:
    'Begins a new conversation with everything before something a person said, whose text is answered so that it can be said differently.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: ['entryId'],
  example: { type: 'fork', id: 'c-87', sessionId: 'agent-1', entryId: 'e-1' },
  exampleData: { sessionId: 'agent-1', cancelled: false, text: 'Which tests fail?' },
  schema: () => sessionCommand<ForkCommand>('fork', { entryId: agentWord }),
  dataSchema: () => object<ForkData>({ sessionId, cancelled: flag, text: z.string() }, { sessionFile: z.string() }),
});
