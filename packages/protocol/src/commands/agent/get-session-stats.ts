import * as z from 'zod';
import { type TokenUsage, tokenUsage } from '../../agent/agent-message.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, offset } from '../../fields.ts';

/** Asks how much was said and used in an agent session. */
export interface GetSessionStatsCommand extends SessionCommandEnvelope {
  readonly type: 'get_session_stats';
}

/** Counts over the conversation. */
export interface GetSessionStatsData {
  readonly userMessages: number;
  readonly assistantMessages: number;
  readonly toolCalls: number;
  readonly toolResults: number;
  readonly totalMessages: number;
  readonly tokens: TokenUsage;
  /** In dollars, where the agent knows the prices. */
  readonly cost?: number;
}

/** Contract of `get_session_stats`. */
export const getSessionStats: CommandContract<GetSessionStatsCommand, GetSessionStatsData> = contract({
  type: 'get_session_stats',
  summary: 'Counts the messages, tool calls and tokens of the conversation.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_session_stats', id: 'c-72', sessionId: 'agent-1' },
  exampleData: {
    userMessages: 1,
    assistantMessages: 1,
    toolCalls: 0,
    toolResults: 0,
    totalMessages: 2,
    tokens: { input: 900, output: 40, cacheRead: 0, cacheWrite: 0, totalTokens: 940 },
  },
  schema: () => sessionCommand<GetSessionStatsCommand>('get_session_stats'),
  dataSchema: () =>
    object<GetSessionStatsData>(
      {
        userMessages: offset,
        assistantMessages: offset,
        toolCalls: offset,
        toolResults: offset,
        totalMessages: offset,
        tokens: tokenUsage,
      },
      { cost: z.number() },
    ),
});
