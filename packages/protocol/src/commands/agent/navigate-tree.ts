import * as z from 'zod';
import { agentWord } from '../../agent/agent-model.ts';
import { promptText } from '../../agent/prompt-fields.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Goes to another branch of a conversation. */
export interface NavigateTreeCommand extends SessionCommandEnvelope {
  readonly type: 'navigate_tree';
  /** From `get_tree`. */
  readonly entryId: string;
  /** Whether the model sums up the branch that is left; default `false`. */
  readonly summarize?: boolean;
  readonly customInstructions?: string;
}

/** Where the conversation stands now. */
export interface NavigateTreeData {
  readonly sessionId: string;
  /** Whether something in the agent prevented it. */
  readonly cancelled: boolean;
  /** What was said there, if it was a person. */
  readonly editorText?: string;
}

/** Contract of `navigate_tree`. */
export const navigateTree: CommandContract<NavigateTreeCommand, NavigateTreeData> = contract({
  type: 'navigate_tree',
  summary: 'Goes to another place in the tree of the conversation, in the same file.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'turn',
  lastWordMs: 10_000,
  journalKeeps: ['entryId', 'summarize'],
  example: { type: 'navigate_tree', id: 'c-88', sessionId: 'agent-1', entryId: 'e-1' },
  exampleData: { sessionId: 'agent-1', cancelled: false, editorText: 'Which tests fail?' },
  schema: () =>
    sessionCommand<NavigateTreeCommand>(
      'navigate_tree',
      { entryId: agentWord },
      { summarize: flag, customInstructions: promptText },
    ),
  dataSchema: () => object<NavigateTreeData>({ sessionId, cancelled: flag }, { editorText: z.string() }),
});
