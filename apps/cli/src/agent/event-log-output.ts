import type { Client, FeedItem } from '@sessiond/client';
import { tellConnection } from '../connection-notices.ts';
import type { Context } from '../context.ts';
import { styleFor } from '../style.ts';
import { windowSize } from '../terminal.ts';
import { FeedReader } from './feed-reader.ts';
import { itemJson } from './item-json.ts';
import { Transcript } from './transcript.ts';

/** Which events of an agent are printed, and how. */
export interface EventLogOptions {
  readonly sessionId: string;
  readonly from: number | 'start' | 'now';
  /** Goes on with what comes, until the agent is over. */
  readonly follow: boolean;
  /** Events as they are, a line each, instead of what was said and done. */
  readonly json: boolean;
}

/** Without a window, rows are as long as their lines. */
const NO_WINDOW_COLS = 1_000_000;

/** Prints the events of an agent that are kept, and with `follow` those that come. Losses of the connection are told and survived. */
export async function printEvents(context: Context, client: Client, options: EventLogOptions): Promise<void> {
  const { output, screen, interruption } = context;
  const { sessionId, from, follow, json } = options;
  const transcript = new Transcript({ style: styleFor(context), showThinking: true });
  const cols = screen.isTTY === true ? windowSize(context).cols : NO_WINDOW_COLS;
  const show = async (item: FeedItem): Promise<void> => {
    if (json) await output.json(itemJson(item));
    else for (const row of transcript.push(item, cols, 0)) await output.line(row);
  };
  const stopTelling = tellConnection(context, client);
  try {
    const feed = await client.follow(sessionId, { from, role: 'observer', signal: interruption.signal });
    const reader = new FeedReader(feed);
    if (!follow) await reader.endAt(feed.info.end);
    await reader.run(show);
    if (!json) for (const row of transcript.live(cols, 0)) await output.line(row);
  } finally {
    stopTelling();
  }
}
