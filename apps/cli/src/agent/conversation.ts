import { setTimeout as delay } from 'node:timers/promises';
import { type AgentFeed, type Client, type FeedItem, isClientError } from '@sessiond/client';
import type { AgentEvent, AgentSessionState, KnownEvent } from '@sessiond/protocol';
import type { Style } from '../style.ts';
import { ChatState } from './chat-state.ts';
import { dialogEndText } from './dialog.ts';
import { overText } from './event-notice.ts';
import { PendingDialogs } from './pending-dialogs.ts';
import { endedWithDaemon, runningAgent } from './running-agent.ts';
import type { Transcript } from './transcript.ts';

/** Where a conversation is shown. */
export interface ConversationView {
  /** Columns for rows. */
  readonly cols: number;
  /** Shows rows; resolves when more may come. Never rejects. */
  print(rows: readonly string[]): Promise<void>;
  say(text: string, paint: keyof Style): Promise<void>;
  /** What stands below the rows may be different now. Called in the turn in which that was learnt. */
  onChange(): void;
}

/** What a conversation is made of. */
export interface ConversationOptions {
  readonly client: Client;
  readonly sessionId: string;
  readonly transcript: Transcript;
  readonly view: ConversationView;
  /** Ends the following; it rejects with the reason. */
  readonly signal: AbortSignal;
}

/** Of a conversation whose events are not there, so many messages are shown. */
const HISTORY_MESSAGES = 40;
/** How often a daemon that is ending is asked whether another one has taken its place. */
const LOOK_MS = 250;
const TAKEN_UP = 'the agent had ended with an earlier run of the daemon, and was taken up again';

/**
 * An agent session as a chat knows it, kept up to date by its events: what is said goes to the view; how the agent is, and what it asks, can be
 * looked at.
 *
 * Survives losses of the connection and of the daemon: an agent that ended with it, in good order or not, is taken up again.
 */
export class Conversation {
  readonly dialogs: PendingDialogs = new PendingDialogs();
  readonly #options: ConversationOptions;
  #state!: ChatState;
  #feed!: AgentFeed;
  #wasTakenUp = false;
  #isCaughtUp = false;
  #hasMessages = false;
  /** Why the session is over, as its last event told. */
  #end: string | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** How the agent is; to be asked for once it has begun. */
  get state(): ChatState {
    return this.#state;
  }

  /** Whether everything that was kept when the following began has been shown. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Takes the place at the oldest event that is kept. @throws UsageError for a terminal. */
  async begin(): Promise<void> {
    const { client, sessionId, signal } = this.#options;
    this.#isCaughtUp = false;
    this.#end = undefined;
    this.#wasTakenUp = await runningAgent(client, sessionId, signal);
    this.#feed = await client.follow(sessionId, { from: 'start', signal });
    await this.#renew();
  }

  /** Shows what is kept, and what comes, until the session is over. */
  async follow(): Promise<void> {
    const { signal, transcript, view } = this.#options;
    if (this.#wasTakenUp) await view.say(TAKEN_UP, 'notable');
    for (;;) {
      try {
        await this.#read();
        const { exit } = this.#feed.info;
        if (this.#end !== 'shutdown' && !endedWithDaemon(exit)) {
          // Of an agent of an earlier run there are no events that could have told.
          if (this.#end === undefined && exit !== undefined) await view.say(overText(exit.reason), 'notable');
          return;
        }
      } catch (error) {
        // Another life of the log: somebody has taken it up already.
        if (signal.aborted || !isClientError(error, 'INVALID_STATE')) throw error;
      }
      await view.print(transcript.breakOff(view.cols));
      await this.#beginAgain();
      await view.say(this.#wasTakenUp ? TAKEN_UP : 'the daemon was started again', 'notable');
    }
  }

  /** Begins anew, with the next daemon where this one is ending. */
  async #beginAgain(): Promise<void> {
    const { signal } = this.#options;
    for (;;) {
      try {
        await this.begin();
        return;
      } catch (error) {
        if (!isClientError(error, 'SHUTTING_DOWN')) throw error;
        await delay(LOOK_MS, undefined, { signal }).catch(() => {});
        signal.throwIfAborted();
      }
    }
  }

  /** How the session is now, whatever its events have told. */
  async #renew(): Promise<void> {
    const { client, sessionId, signal, view } = this.#options;
    const state = await client.request('get_state', { sessionId }, { signal });
    this.#state = new ChatState(state as AgentSessionState, performance.now());
    this.dialogs.clear();
    for (const dialog of (state as AgentSessionState).dialogs) this.dialogs.add(dialog);
    view.onChange();
  }

  async #read(): Promise<void> {
    const feed = this.#feed;
    if (feed.info.from >= feed.info.end) await this.#onCaughtUp();
    for await (const item of feed) {
      await this.#onItem(item);
      if (!this.#isCaughtUp && lastOf(item) >= feed.info.end - 1) await this.#onCaughtUp();
    }
  }

  async #onItem(item: FeedItem): Promise<void> {
    const { transcript, view } = this.#options;
    const nowMs = performance.now();
    const rows = transcript.push(item, view.cols, nowMs);
    if (item.kind === 'gap') {
      // What it began, asked and ended meanwhile is among what is missing.
      await this.#renew();
    } else {
      if (!item.replay) this.#state.note(item.event, nowMs);
      rows.push(...(await this.#note(item.event)));
    }
    view.onChange();
    if (rows.length > 0) await view.print(rows);
  }

  /** Takes note of what is asked; returns the rows of what came of it. */
  async #note(event: KnownEvent): Promise<string[]> {
    switch (event.type) {
      case 'message_start':
        this.#hasMessages = true;
        return [];
      case 'extension_ui_request':
        this.dialogs.add(event);
        return [];
      case 'extension_ui_resolved':
        return this.#endDialog(event);
      case 'agent_stopped':
        this.#end = event.reason;
        this.dialogs.clear();
        return [];
      case 'agent_restarting':
        this.dialogs.clear();
        return [];
      default:
        return [];
    }
  }

  async #endDialog({ requestId, end }: AgentEvent<'extension_ui_resolved'>): Promise<string[]> {
    const { transcript, view } = this.#options;
    const ended = this.dialogs.end(requestId);
    if (ended === undefined) return [];
    view.onChange();
    const { dialog, given } = ended;
    // That a question is over is heard before it is known whose answer it was.
    const own = (await given?.isTaken) === true ? given?.answer : undefined;
    return transcript.note(dialogEndText(dialog.title, end, own), view.cols);
  }

  async #onCaughtUp(): Promise<void> {
    this.#isCaughtUp = true;
    if (!this.#hasMessages) await this.#showHistory();
    this.#options.view.onChange();
  }

  /** A conversation that was taken up again has its messages, but not the events they came with. */
  async #showHistory(): Promise<void> {
    const { client, sessionId, transcript, view } = this.#options;
    const { messages } = await client
      .request('get_messages', { sessionId, limit: HISTORY_MESSAGES })
      .catch(() => ({ messages: [] }));
    await view.print(transcript.history(messages, view.cols));
  }
}

/** The number of the last event that an item stands for. */
function lastOf(item: FeedItem): number {
  return item.kind === 'gap' ? item.to - 1 : item.seq;
}
