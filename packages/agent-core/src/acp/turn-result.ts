import type { StopReason, TokenUsage } from '@sessiond/protocol';
import { isRecord, readCount } from './json.ts';

/** What an agent answers to a prompt. */
export interface TurnResult {
  readonly stopReason: StopReason;
  readonly usage?: TokenUsage;
}

/** Reads the answer to `session/prompt`. An agent that refuses has said why, and is done; so is one that gives no reason we know. */
export function readTurnResult(answer: unknown): TurnResult {
  const { stopReason, usage }: Record<string, unknown> = isRecord(answer) ? answer : {};
  const tokens = readUsage(usage);
  return { stopReason: readStopReason(stopReason), ...(tokens !== undefined && { usage: tokens }) };
}

function readStopReason(reason: unknown): StopReason {
  if (reason === 'cancelled') return 'aborted';
  return reason === 'max_tokens' || reason === 'max_turn_requests' ? 'length' : 'stop';
}

function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const input = readCount(usage['inputTokens']) ?? 0;
  const output = readCount(usage['outputTokens']) ?? 0;
  const cacheRead = readCount(usage['cachedReadTokens']) ?? 0;
  const cacheWrite = readCount(usage['cachedWriteTokens']) ?? 0;
  const totalTokens = readCount(usage['totalTokens']) ?? input + output + cacheRead + cacheWrite;
  return { input, output, cacheRead, cacheWrite, totalTokens };
}
