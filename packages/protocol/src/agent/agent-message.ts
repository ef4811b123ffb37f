import * as z from 'zod';
import { base64, flag, list, object, offset, oneOf, type RequiredFields, text, timestamp } from '../fields.ts';

/** Text of a message. */
export interface TextContent {
  readonly type: 'text';
  readonly text: string;
}

/** What a model thought before it answered. */
export interface ThinkingContent {
  readonly type: 'thinking';
  readonly thinking: string;
}

/** A picture. */
export interface ImageContent {
  readonly type: 'image';
  /** Base64. */
  readonly data: string;
  /** For example `image/png`. */
  readonly mimeType: string;
}

/** A tool that a model wants to use. */
export interface ToolCallContent {
  readonly type: 'toolCall';
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** One part of a message. */
export type MessageContent = TextContent | ThinkingContent | ImageContent | ToolCallContent;

/**
 * Who a message is from: a person, a model, a tool, a `bash` command that was put on record, or the agent itself (`notice`: a summary, a change of model).
 */
export type MessageRole = 'user' | 'assistant' | 'toolResult' | 'bashExecution' | 'notice';

/** Tokens a model counted; 0 where the provider says nothing. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly totalTokens: number;
}

/** Why a model stopped: it was done, it reached its limit, it wants tools, somebody aborted it, or it failed. */
export type StopReason = 'stop' | 'length' | 'toolUse' | 'aborted' | 'error';

/** One message of a conversation. */
export interface AgentMessage {
  readonly role: MessageRole;
  readonly content: readonly MessageContent[];
  readonly timestamp: string;
  /** What names it in the tree of the session, where the agent has one. */
  readonly entryId?: string;
  /** Of an assistant. */
  readonly provider?: string;
  readonly model?: string;
  readonly stopReason?: StopReason;
  readonly errorMessage?: string;
  readonly usage?: TokenUsage;
  /** Of a tool: which call it answers. */
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly isError?: boolean;
}

/** Schema of {@link TokenUsage}. */
export const tokenUsage: z.ZodType<TokenUsage> = object<TokenUsage>({
  input: offset,
  output: offset,
  cacheRead: offset,
  cacheWrite: offset,
  totalTokens: offset,
});

/** Schema of {@link StopReason}. */
export const stopReason: z.ZodType<StopReason> = oneOf(['stop', 'length', 'toolUse', 'aborted', 'error']);

/** Schema of {@link MessageRole}. */
export const messageRole: z.ZodType<MessageRole> = oneOf([
  'user',
  'assistant',
  'toolResult',
  'bashExecution',
  'notice',
]);

const imageFields: RequiredFields<ImageContent> = {
  type: z.literal('image'),
  data: base64,
  mimeType: text({
    max: 64,
    pattern: /^image\/[a-z0-9.+-]+$/,
    error: 'must be the type of a picture, such as image/png',
  }),
};

/** Schema of {@link ImageContent}. */
export const imageContent: z.ZodType<ImageContent> = object<ImageContent>(imageFields);

/** Schema of {@link MessageContent}. */
export const messageContent: z.ZodType<MessageContent> = z.union([
  object<TextContent>({ type: z.literal('text'), text: z.string() }),
  object<ThinkingContent>({ type: z.literal('thinking'), thinking: z.string() }),
  imageContent,
  object<ToolCallContent>({
    type: z.literal('toolCall'),
    id: z.string(),
    name: z.string(),
    arguments: z.record(z.string(), z.unknown()),
  }),
]);

/** Schema of {@link AgentMessage}. */
export const agentMessage: z.ZodType<AgentMessage> = object<AgentMessage>(
  { role: messageRole, content: list(messageContent, 100_000), timestamp },
  {
    entryId: z.string(),
    provider: z.string(),
    model: z.string(),
    stopReason,
    errorMessage: z.string(),
    usage: tokenUsage,
    toolCallId: z.string(),
    toolName: z.string(),
    isError: flag,
  },
);
