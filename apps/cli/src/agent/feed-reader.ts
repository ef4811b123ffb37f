import type { AgentFeed, FeedItem } from '@sessiond/client';

/** Reads a feed until its owner knows where it ends. */
export class FeedReader {
  readonly #feed: AgentFeed;
  #end = Number.POSITIVE_INFINITY;

  constructor(feed: AgentFeed) {
    this.#feed = feed;
  }

  /** Hands over one item after the other, until {@link FeedReader.endAt}, the end of the feed, or a failure of either. */
  async run(show: (item: FeedItem) => Promise<void>): Promise<void> {
    const items = this.#feed[Symbol.asyncIterator]();
    for (;;) {
      const waiting = items.next();
      // Asking for the next item has moved the place past the one before.
      if (this.#feed.seq >= this.#end) await this.#feed.detach();
      const { done, value } = await waiting;
      if (done === true) return;
      await show(value);
    }
  }

  /** Everything before this number is still read. */
  async endAt(seq: number): Promise<void> {
    this.#end = seq;
    if (this.#feed.seq >= seq) await this.#feed.detach();
  }
}
