import * as z from 'zod';
import { type MessageRole, messageRole } from '../../agent/agent-message.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { list, object, orNull, timestamp } from '../../fields.ts';

/** One entry of a conversation. */
export interface TreeEntry {
  readonly id: string;
  readonly parentId: string | null;
  /** In the agent's own words, for example `message`, `compaction`, `model_change`. */
  readonly type: string;
  readonly role?: MessageRole;
  /** The beginning of it, at most 200 characters. */
  readonly text?: string;
  readonly timestamp?: string;
}

const treeEntry = object<TreeEntry>(
  { id: z.string(), parentId: orNull(z.string()), type: z.string() },
  { role: messageRole, text: z.string(), timestamp },
);

/** Asks for all branches of a conversation. */
export interface GetTreeCommand extends SessionCommandEnvelope {
  readonly type: 'get_tree';
}

/** The entries, parents before children. */
export interface GetTreeData {
  /** Where the conversation stands. */
  readonly leafId: string | null;
  readonly entries: readonly TreeEntry[];
}

/** Contract of `get_tree`. */
export const getTree: CommandContract<GetTreeCommand, GetTreeData> = contract({
  type: 'get_tree',
  summary: 'Answers with all branches of the conversation as entries that name their parents, parents first.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_tree', id: 'c-76', sessionId: 'agent-1' },
  exampleData: {
    leafId: 'e-2',
    entries: [
      { id: 'e-1', parentId: null, type: 'message', role: 'user', text: 'Which tests fail?' },
      { id: 'e-2', parentId: 'e-1', type: 'message', role: 'assistant' },
    ],
  },
  schema: () => sessionCommand<GetTreeCommand>('get_tree'),
  dataSchema: () => object<GetTreeData>({ leafId: orNull(z.string()), entries: list(treeEntry, 1_000_000) }),
});
