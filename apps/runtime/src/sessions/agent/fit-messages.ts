import type { AgentMessage, GetMessagesData, MessageContent } from '@sessiond/protocol';

/** The most that messages take in one answer, as JSON. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * As many messages as an answer of 4 MiB can carry: the first ones where the client said where to begin, else the last ones. The parts of a message that could
 * not be sent at all are named in its place, so that nobody is stuck before it.
 */
export function fitMessages<T extends Pick<GetMessagesData, 'messages' | 'from'>>(
  data: T,
  asked: number | undefined,
): T {
  const fromEnd = asked === undefined;
  const messages = fromEnd ? data.messages.toReversed() : data.messages;
  const kept: AgentMessage[] = [];
  let left = MAX_BYTES;
  for (const message of messages) {
    const fitting = sizeOf(message) > MAX_BYTES ? withoutParts(message) : message;
    left -= sizeOf(fitting);
    if (left < 0) break;
    kept.push(fitting);
  }
  if (!fromEnd) return { ...data, messages: kept };
  return { ...data, messages: kept.reverse(), from: data.from + data.messages.length - kept.length };
}

function withoutParts({ content, ...message }: AgentMessage): AgentMessage {
  const share = Math.floor(MAX_BYTES / 2 / Math.max(1, content.length));
  return { ...message, content: content.map((part) => (sizeOf(part) > share ? leftOut(part) : part)) };
}

function leftOut(part: MessageContent): MessageContent {
  return { type: 'text', text: `[${part.type} of ${sizeOf(part).toLocaleString('en')} bytes left out]` };
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
