import type { ImageContent } from '../../agent/agent-message.ts';
import { images, promptText } from '../../agent/prompt-fields.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Tells a working agent something before its next step. */
export interface SteerCommand extends SessionCommandEnvelope {
  readonly type: 'steer';
  /** What to say to the agent, 1 to 1,048,576 characters. */
  readonly message: string;
  /** At most 32 pictures. */
  readonly images?: readonly ImageContent[];
}

/** That it waits to be taken up. */
export interface SteerData {
  readonly sessionId: string;
}

/** Contract of `steer`. */
export const steer: CommandContract<SteerCommand, SteerData> = contract({
  type: 'steer',
  summary:
    'Tells an agent that works something; it takes it up before its next step, after the tools that run. An agent at rest answers `INVALID_STATE`: it needs a `prompt`.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  audited: true,
  example: { type: 'steer', id: 'c-61', sessionId: 'agent-1', message: 'Only the unit tests.' },
  exampleData: { sessionId: 'agent-1' },
  schema: () => sessionCommand<SteerCommand>('steer', { message: promptText }, { images }),
  dataSchema: () => object<SteerData>({ sessionId }),
});
