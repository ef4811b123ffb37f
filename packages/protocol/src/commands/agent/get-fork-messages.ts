import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { list, object } from '../../fields.ts';

/** Something a person said, where a fork can begin. */
export interface ForkMessage {
  readonly entryId: string;
  readonly text: string;
}

const forkMessage = object<ForkMessage>({ entryId: z.string(), text: z.string() });

/** Asks from which messages a conversation can be forked. */
export interface GetForkMessagesCommand extends SessionCommandEnvelope {
  readonly type: 'get_fork_messages';
}

/** What a person said, with what names it. */
export interface GetForkMessagesData {
  readonly messages: readonly ForkMessage[];
}

/** Contract of `get_fork_messages`. */
export const getForkMessages: CommandContract<GetForkMessagesCommand, GetForkMessagesData> = contract({
  type: 'get_fork_messages',
  summary: 'Lists what a person said in the conversation: where `fork` can begin.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_fork_messages', id: 'c-75', sessionId: 'agent-1' },
  exampleData: { messages: [{ entryId: 'e-1', text: 'Which tests fail?' }] },
  schema: () => sessionCommand<GetForkMessagesCommand>('get_fork_messages'),
  dataSchema: () => object<GetForkMessagesData>({ messages: list(forkMessage, 100_000) }),
});
