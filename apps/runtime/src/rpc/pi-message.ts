import type { AgentMessage, MessageContent, StopReason, TokenUsage } from '@sessiond/protocol/client';

/** Tokens as the dialect counts them; what they cost is unknown here and told as nothing. */
export interface PiUsage extends TokenUsage {
  readonly cost: {
    readonly input: 0;
    readonly output: 0;
    readonly cacheRead: 0;
    readonly cacheWrite: 0;
    readonly total: 0;
  };
}

/** What a model said. */
export interface PiAssistantMessage {
  readonly role: 'assistant';
  readonly content: readonly MessageContent[];
  readonly api: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: PiUsage;
  readonly stopReason: StopReason;
  readonly errorMessage?: string;
  readonly timestamp: number;
}

/** A message as clients of `pi --mode rpc` know it; times are milliseconds since 1970. */
export type PiMessage =
  | PiAssistantMessage
  | { readonly role: 'user'; readonly content: readonly MessageContent[]; readonly timestamp: number }
  | {
      readonly role: 'toolResult';
      readonly toolCallId: string;
      readonly toolName: string;
      readonly content: readonly MessageContent[];
      readonly isError: boolean;
      readonly timestamp: number;
    }
  | {
      readonly role: 'bashExecution';
      readonly command: string;
      readonly output: string;
      readonly cancelled: boolean;
      readonly truncated: boolean;
      readonly timestamp: number;
    }
  | {
      readonly role: 'custom';
      readonly customType: 'notice';
      readonly content: readonly MessageContent[];
      readonly display: true;
      readonly timestamp: number;
    };

const NO_COST: PiUsage['cost'] = Object.freeze({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 });
const NO_USAGE: TokenUsage = Object.freeze({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 });

/** Tokens in the words of the dialect; without any, nothing was used. */
export function piUsage(usage: TokenUsage = NO_USAGE): PiUsage {
  const { input, output, cacheRead, cacheWrite, totalTokens } = usage;
  return { input, output, cacheRead, cacheWrite, totalTokens, cost: NO_COST };
}

/** A message in the words of the dialect. What the daemon does not know, such as the interface of the provider, is `unknown`. */
export function piMessage(message: AgentMessage): PiMessage {
  const { role, content } = message;
  const timestamp = Date.parse(message.timestamp);
  switch (role) {
    case 'user':
      return { role, content, timestamp };
    case 'assistant':
      return {
        role,
        content,
        api: 'unknown',
        provider: message.provider ?? 'unknown',
        model: message.model ?? 'unknown',
        usage: piUsage(message.usage),
        stopReason: message.stopReason ?? 'stop',
        ...(message.errorMessage !== undefined && { errorMessage: message.errorMessage }),
        timestamp,
      };
    case 'toolResult': {
      const { toolCallId = '', toolName = '', isError = false } = message;
      return { role, toolCallId, toolName, content, isError, timestamp };
    }
    case 'bashExecution':
      return { role, command: '', output: textOf(content), cancelled: false, truncated: false, timestamp };
    case 'notice':
      return { role: 'custom', customType: 'notice', content, display: true, timestamp };
  }
}

function textOf(content: readonly MessageContent[]): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
