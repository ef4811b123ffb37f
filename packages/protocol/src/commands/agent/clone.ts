import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Goes on in a copy of the conversation. */
export interface CloneCommand extends SessionCommandEnvelope {
  readonly type: 'clone';
}

/** Whether it was copied, and where the copy is kept. */
export interface CloneData {
  readonly sessionId: string;
  /** Whether something in the agent prevented it. */
  readonly cancelled: boolean;
  readonly sessionFile?: string;
}

/** Contract of `clone`. */
export const clone: CommandContract<CloneCommand, CloneData> = contract({
  type: 'clone',
  summary:
    'Begins a new conversation with everything that led to where the talk is, and goes on in it; the old one stays on disk. Before the first answer it is refused with `INVALID_STATE`.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: [],
  example: { type: 'clone', id: 'c-93', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', cancelled: false },
  schema: () => sessionCommand<CloneCommand>('clone'),
  dataSchema: () => object<CloneData>({ sessionId, cancelled: flag }, { sessionFile: z.string() }),
});
