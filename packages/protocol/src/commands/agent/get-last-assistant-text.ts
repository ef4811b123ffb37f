import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, orNull } from '../../fields.ts';

/** Asks what the model said last. */
export interface GetLastAssistantTextCommand extends SessionCommandEnvelope {
  readonly type: 'get_last_assistant_text';
}

/** The text; `null` if it has said nothing. */
export interface GetLastAssistantTextData {
  readonly text: string | null;
}

/** Contract of `get_last_assistant_text`. */
export const getLastAssistantText: CommandContract<GetLastAssistantTextCommand, GetLastAssistantTextData> = contract({
  type: 'get_last_assistant_text',
  summary: 'Answers with the last text of the model.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_last_assistant_text', id: 'c-74', sessionId: 'agent-1' },
  exampleData: { text: 'Two of them.' },
  schema: () => sessionCommand<GetLastAssistantTextCommand>('get_last_assistant_text'),
  dataSchema: () => object<GetLastAssistantTextData>({ text: orNull(z.string()) }),
});
