import type { AgentMessage } from '@sessiond/protocol';

/** Messages of one answer unless fewer are asked for. */
const MAX_MESSAGES = 1000;
/** What one answer carries, as JSON. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Some of the messages of a conversation, oldest first. */
export interface MessagePage {
  readonly messages: readonly AgentMessage[];
  /** Index of the first of them. */
  readonly from: number;
  /** How many there are. */
  readonly total: number;
}

/**
 * The messages from an index on, or the last ones, at most `limit` and as many as 4 MiB of JSON can carry. Too much from an index on leaves out what comes last, too
 * much of the last ones what comes first; one message that alone is larger comes with its content left out. Costs the JSON of what is answered.
 */
export function messagePage(
  all: readonly AgentMessage[],
  { from, limit = MAX_MESSAGES }: { readonly from?: number; readonly limit?: number },
): MessagePage {
  const total = all.length;
  const messages: AgentMessage[] = [];
  const backwards = from === undefined;
  let bytes = 0;
  let next = backwards ? total - 1 : from;
  for (; next >= 0 && next < total && messages.length < limit; next += backwards ? -1 : 1) {
    const message = fitting(all[next]!);
    bytes += sizeOf(message);
    if (bytes > MAX_BYTES) break;
    messages.push(message);
  }
  if (backwards) messages.reverse();
  return { messages, from: backwards ? next + 1 : Math.min(from, total), total };
}

function fitting(message: AgentMessage): AgentMessage {
  return sizeOf(message) <= MAX_BYTES ? message : { ...message, content: [] };
}

function sizeOf(message: AgentMessage): number {
  return Buffer.byteLength(JSON.stringify(message)) + 1;
}
