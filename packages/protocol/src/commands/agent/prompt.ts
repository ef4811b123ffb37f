import * as z from 'zod';
import {
  type ImageContent,
  type StopReason,
  stopReason,
  type TokenUsage,
  tokenUsage,
} from '../../agent/agent-message.ts';
import { images, promptText } from '../../agent/prompt-fields.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Gives an agent something to do and waits until it is done. */
export interface PromptCommand extends SessionCommandEnvelope {
  readonly type: 'prompt';
  /** What to say to the agent, 1 to 1,048,576 characters. */
  readonly message: string;
  /** At most 32 pictures. */
  readonly images?: readonly ImageContent[];
  /** Aborts the turn when the connection that sent it is gone; default `false`: it goes on. */
  readonly cancelOnDisconnect?: boolean;
}

/** What came of it. */
export interface PromptData {
  readonly sessionId: string;
  readonly stopReason: StopReason;
  /** The end of what the model said last, at most 1 MiB as UTF-8. */
  readonly text: string;
  /** Whether `text` lacks the beginning. */
  readonly truncated: boolean;
  /** Of the whole turn. */
  readonly usage?: TokenUsage;
}

/** Contract of `prompt`. */
export const prompt: CommandContract<PromptCommand, PromptData> = contract({
  type: 'prompt',
  summary:
    'Gives an agent something to do, and answers when it is done: what it did comes as events meanwhile. Prompts of a session run one after the other; what is to reach an agent that works is `steer` or `follow_up`. A failure of the provider of the model is `AGENT_FAILED`, with what is known of it in `details.provider`; at the deadline (`TIMEOUT`), by `abort` and `cancel_command` (`CANCELLED`) the turn is aborted, down to the connection to the provider and the processes of its tools.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'turn',
  lastWordMs: 10_000,
  journalKeeps: ['cancelOnDisconnect'],
  example: { type: 'prompt', id: 'c-60', sessionId: 'agent-1', message: 'Which tests fail?' },
  exampleData: { sessionId: 'agent-1', stopReason: 'stop', text: 'Two of them.', truncated: false },
  schema: () => sessionCommand<PromptCommand>('prompt', { message: promptText }, { images, cancelOnDisconnect: flag }),
  dataSchema: () =>
    object<PromptData>({ sessionId, stopReason, text: z.string(), truncated: flag }, { usage: tokenUsage }),
});
