import type { FeedItem } from '@sessiond/client';

/** An event of an agent as a line of JSON: as on the wire, without the session, which is known. A gap as `attach --json` has it. */
export function itemJson(item: FeedItem): object {
  if (item.kind === 'gap') return { type: 'gap', from: item.from, to: item.to };
  const { seq, timestamp, correlationId, event } = item;
  return { type: 'event', seq, timestamp, ...(correlationId !== undefined && { correlationId }), event };
}
