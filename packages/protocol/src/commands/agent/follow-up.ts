import type { ImageContent } from '../../agent/agent-message.ts';
import { images, promptText } from '../../agent/prompt-fields.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Tells a working agent what to do afterwards. */
export interface FollowUpCommand extends SessionCommandEnvelope {
  readonly type: 'follow_up';
  /** What to say to the agent, 1 to 1,048,576 characters. */
  readonly message: string;
  /** At most 32 pictures. */
  readonly images?: readonly ImageContent[];
}

/** That it waits to be taken up. */
export interface FollowUpData {
  readonly sessionId: string;
}

/** Contract of `follow_up`. */
export const followUp: CommandContract<FollowUpCommand, FollowUpData> = contract({
  type: 'follow_up',
  summary:
    'Tells an agent that works what to do once it would have ended its turn. An agent at rest answers `INVALID_STATE`: it needs a `prompt`.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  audited: true,
  example: { type: 'follow_up', id: 'c-62', sessionId: 'agent-1', message: 'Then run the linter.' },
  exampleData: { sessionId: 'agent-1' },
  schema: () => sessionCommand<FollowUpCommand>('follow_up', { message: promptText }, { images }),
  dataSchema: () => object<FollowUpData>({ sessionId }),
});
