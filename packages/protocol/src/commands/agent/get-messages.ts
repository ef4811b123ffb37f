import { type AgentMessage, agentMessage } from '../../agent/agent-message.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { integer, list, object, offset } from '../../fields.ts';

/** Asks for what was said in an agent session. */
export interface GetMessagesCommand extends SessionCommandEnvelope {
  readonly type: 'get_messages';
  /** Index of the first message; default: so many before the end as `limit` says. */
  readonly from?: number;
  /** Most messages; default 1,000. */
  readonly limit?: number;
}

/** Messages, oldest first. */
export interface GetMessagesData {
  /** As many as an answer of 4 MiB can carry. */
  readonly messages: readonly AgentMessage[];
  /** Index of the first of them. */
  readonly from: number;
  /** How many there are. */
  readonly total: number;
}

/** Contract of `get_messages`. */
export const getMessages: CommandContract<GetMessagesCommand, GetMessagesData> = contract({
  type: 'get_messages',
  summary:
    'Answers with messages of the conversation, by default the last ones; fewer than asked for if they would not fit into 4 MiB: go on with `from`.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_messages', id: 'c-66', sessionId: 'agent-1' },
  exampleData: {
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Which tests fail?' }], timestamp: '2026-01-31T12:00:00.000Z' },
    ],
    from: 0,
    total: 1,
  },
  schema: () => sessionCommand<GetMessagesCommand>('get_messages', {}, { from: offset, limit: integer(1, 1000) }),
  dataSchema: () => object<GetMessagesData>({ messages: list(agentMessage, 1000), from: offset, total: offset }),
});
