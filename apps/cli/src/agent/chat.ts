import { randomUUID } from 'node:crypto';
import { emitKeypressEvents, type Key } from 'node:readline';
import { type AgentFeed, type Client, type FeedItem, isClientError } from '@sessiond/client';
import type { AgentSessionState } from '@sessiond/protocol';
import { isEventOf, ProtocolError } from '@sessiond/protocol/client';
import type { Context } from '../context.ts';
import { errorText } from '../error-text.ts';
import { UsageError } from '../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type Style, styleFor } from '../style.ts';
import { ChatActs } from './chat-acts.ts';
import { type ChatView, chatArea } from './chat-area.ts';
import { type ChatKey, ChatKeys } from './chat-keys.ts';
import { ChatScreen, type LiveArea } from './chat-screen.ts';
import { ChatState } from './chat-state.ts';
import { dialogEndText, typedAnswer } from './dialog.ts';
import { LineEditor } from './line-editor.ts';
import { PendingDialogs } from './pending-dialogs.ts';
import { plainText } from './plain-text.ts';
import { CHAT_HELP, type SlashCommand, slashCommand } from './slash-command.ts';
import { editText } from './text-program.ts';
import { oneLine } from './tool-line.ts';
import { Transcript } from './transcript.ts';
import { takeTurn } from './turn.ts';

/** How a person talks with an agent. */
export interface ChatOptions {
  readonly sessionId: string;
  /** Whether what the model thinks is shown, or folded. */
  readonly showThinking: boolean;
}

const TICK_MS = 1_000;
/** Of a conversation whose events are not there, so many messages are shown. */
const HISTORY_MESSAGES = 40;

/**
 * Shows an agent session on the caller's terminal and lets the caller talk with it, until the caller leaves or the session is over.
 *
 * Losses of the connection are told and survived. What the caller asked for goes on when the caller leaves.
 *
 * @returns the exit code. @throws UsageError for a session that is no agent.
 */
export async function runChat(context: Context, client: Client, options: ChatOptions): Promise<number> {
  return new Chat(context, client, options).run();
}

class Chat {
  readonly #context: Context;
  readonly #client: Client;
  readonly #sessionId: string;
  readonly #style: Style;
  readonly #screen: ChatScreen;
  readonly #transcript: Transcript;
  readonly #acts: ChatActs;
  readonly #keys = new ChatKeys();
  readonly #editor = new LineEditor();
  readonly #dialogs = new PendingDialogs();
  readonly #quit = new AbortController();
  readonly #over: AbortSignal;
  #state!: ChatState;
  #feed!: AgentFeed;
  /** Whether everything that was kept when the chat began has been shown. */
  #isCaughtUp = false;
  #hasMessages = false;
  /** Prompts of this chat that have no answer yet, by id, and whether they have begun. */
  readonly #ownTurns = new Map<string, boolean>();
  #isAborting = false;
  #hasEnded = false;
  /** The last key was Ctrl-C: another one leaves. */
  #isArmed = false;
  #askedId: string | undefined;
  #draft = '';

  constructor(context: Context, client: Client, { sessionId, showThinking }: ChatOptions) {
    this.#context = context;
    this.#client = client;
    this.#sessionId = sessionId;
    this.#style = styleFor(context);
    this.#screen = new ChatScreen(context);
    this.#transcript = new Transcript({ style: this.#style, showThinking });
    this.#acts = new ChatActs(client, sessionId, () => this.#state);
    this.#over = AbortSignal.any([this.#quit.signal, context.interruption.signal]);
  }

  async run(): Promise<number> {
    await this.#begin();
    const stopListening = this.#listen();
    const tick = setInterval(() => this.#isWorking && this.#draw(), TICK_MS).unref();
    try {
      this.#screen.enter();
      await this.#say(this.#state.headline);
      await this.#follow();
    } catch (error) {
      if (!this.#quit.signal.aborted) throw error;
    } finally {
      this.#hasEnded = true;
      clearInterval(tick);
      stopListening();
      await this.#screen.leave();
      this.#screen.restore();
    }
    this.#context.interruption.signal.throwIfAborted();
    if (this.#quit.signal.aborted) {
      const id = this.#sessionId;
      this.#context.notices.say(`left ${id}, which goes on; come back with: sessionctl agent chat ${id}`);
    }
    return EXIT_CODES.ok;
  }

  get #isWorking(): boolean {
    return this.#state.isWorking || this.#ownTurns.size > 0;
  }

  /** The events from the oldest one that is kept, and how the session is. */
  async #begin(): Promise<void> {
    const sessionId = this.#sessionId;
    const state = await this.#client.request('get_state', { sessionId });
    if (state.kind !== 'agent') throw new UsageError(`Cannot chat with ${sessionId}: it is a terminal; use attach`);
    if (state.exit?.reason === 'lost') {
      const resume = `take it up again with: sessionctl agent resume ${sessionId}`;
      throw new ProtocolError(
        'INVALID_STATE',
        `Cannot chat: the agent ended with an earlier run of the daemon; ${resume}`,
      );
    }
    this.#feed = await this.#client.follow(sessionId, { from: 'start', signal: this.#over });
    this.#renew(await this.#client.request('get_state', { sessionId }));
  }

  #renew(state: { readonly kind: 'pty' | 'agent' }): void {
    this.#state = new ChatState(state as AgentSessionState, performance.now());
    for (const dialog of (state as AgentSessionState).dialogs) this.#dialogs.add(dialog);
  }

  async #follow(): Promise<void> {
    for (;;) {
      try {
        await this.#read();
        break;
      } catch (error) {
        // Another life of the log: the daemon was started again, and has the session back.
        if (this.#over.aborted || !isClientError(error, 'INVALID_STATE')) throw error;
        this.#dialogs.clear();
        await this.#begin();
        this.#isCaughtUp = false;
        await this.#say('the daemon was started again', 'notable');
      }
    }
    if (this.#feed.info.exit?.reason === 'lost') throw lost(this.#sessionId);
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
    const nowMs = performance.now();
    const rows = this.#transcript.push(item, this.#cols, nowMs);
    if (item.kind === 'event') {
      const { event } = item;
      if (event.type === 'message_start') this.#hasMessages = true;
      if (!item.replay) this.#state.note(event, nowMs);
      if (event.type === 'extension_ui_request') this.#dialogs.add(event);
      else if (event.type === 'extension_ui_resolved') {
        const ended = this.#dialogs.end(event.requestId);
        if (ended !== undefined) {
          rows.push(...this.#transcript.note(dialogEndText(ended.dialog.title, event.end, ended.answer), this.#cols));
        }
      } else if (event.type === 'agent_restarting' || event.type === 'agent_stopped') this.#dialogs.clear();
    }
    if (rows.length > 0) await this.#screen.print(rows);
    if (this.#isCaughtUp) this.#draw();
  }

  async #onCaughtUp(): Promise<void> {
    this.#isCaughtUp = true;
    if (!this.#hasMessages) await this.#showHistory();
    this.#draw();
  }

  /** A conversation that was taken up again has its messages, but not the events they came with. */
  async #showHistory(): Promise<void> {
    const { messages } = await this.#client
      .request('get_messages', { sessionId: this.#sessionId, limit: HISTORY_MESSAGES })
      .catch(() => ({ messages: [] }));
    await this.#screen.print(this.#transcript.history(messages, this.#cols));
  }

  #listen(): () => void {
    const { stdin, interruption } = this.#context;
    emitKeypressEvents(stdin);
    const onKey = (text: string | undefined, key: Key): void => {
      const meaning = this.#keys.read(text, key);
      if (meaning !== undefined) this.#onKey(meaning);
    };
    const onEnd = (): void => interruption.raise('SIGHUP');
    stdin.on('keypress', onKey).once('end', onEnd).once('error', onEnd);
    const stops = [
      this.#screen.onResize(() => this.#draw()),
      this.#client.onStateChange(() => this.#draw()),
      this.#client.onEvent((message) => {
        if (!isEventOf(message, 'command_started')) return;
        const { commandId } = message.event;
        if (commandId !== undefined && this.#ownTurns.has(commandId)) this.#ownTurns.set(commandId, true);
      }),
      () => stdin.off('keypress', onKey).off('end', onEnd).off('error', onEnd),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #onKey(key: ChatKey): void {
    const wasArmed = this.#isArmed;
    this.#isArmed = false;
    switch (key.kind) {
      case 'insert':
        this.#editor.insert(key.text);
        break;
      case 'edit':
        this.#editor.act(key.action);
        break;
      case 'submit':
        this.#onSubmit();
        break;
      case 'interrupt':
        this.#onInterrupt(wasArmed);
        break;
      case 'endOfInput':
        if (this.#editor.text === '') this.#quit.abort();
        else this.#editor.act('delete');
        break;
      case 'escape':
        if (this.#dialogs.first !== undefined) this.#answer({ cancelled: true });
        break;
      case 'editor':
        void this.#useEditor();
        break;
      case 'redraw':
        break;
    }
    this.#draw();
  }

  /** The turn first, then what is typed; again, the chat. */
  #onInterrupt(wasArmed: boolean): void {
    if (wasArmed) {
      this.#quit.abort();
      return;
    }
    this.#isArmed = true;
    if (this.#isWorking) this.#abort();
    else if (this.#editor.text !== '') {
      this.#editor.set('');
      this.#isArmed = false;
    }
  }

  #onSubmit(): void {
    if (this.#dialogs.first !== undefined) {
      this.#submitAnswer();
      return;
    }
    const text = this.#editor.take(true).trim();
    if (text === '') return;
    const command = slashCommand(text);
    if (command !== undefined) this.#obey(command);
    else this.#tell(text);
  }

  /** Has it done now, or told to the agent that works already. */
  #tell(text: string): void {
    const isFollowUp = text.startsWith('>');
    const message = isFollowUp ? text.slice(1).trim() : text;
    if (message === '') return;
    if (!this.#isWorking) {
      void this.#prompt(message);
      return;
    }
    const type = isFollowUp ? 'follow_up' : 'steer';
    this.#client.request(type, { sessionId: this.#sessionId, message }).catch((error: unknown) => {
      // It has ended in the meantime.
      if (isClientError(error, 'INVALID_STATE')) void this.#prompt(message);
      else void this.#complain(error);
    });
  }

  async #prompt(message: string): Promise<void> {
    const commandId = `chat-${randomUUID()}`;
    this.#ownTurns.set(commandId, false);
    this.#draw();
    try {
      await takeTurn(this.#client, { sessionId: this.#sessionId, message, commandId });
    } catch (error) {
      // That a turn was aborted is in its events, if there was one.
      if (isClientError(error, 'AGENT_FAILED')) {
        await this.#screen.print(this.#transcript.failure(error.message, this.#cols));
      } else if (!isClientError(error, 'CANCELLED')) await this.#complain(error);
      else if (this.#ownTurns.get(commandId) === false) await this.#say('aborted before it began', 'notable');
    } finally {
      this.#ownTurns.delete(commandId);
      this.#draw();
    }
  }

  #abort(): void {
    this.#isAborting = true;
    this.#act(
      this.#acts.abort().finally(() => {
        this.#isAborting = false;
      }),
    );
  }

  #obey(command: SlashCommand): void {
    switch (command.name) {
      case 'thoughts':
        this.#transcript.showThinking = !this.#transcript.showThinking;
        void this.#say(`what it thinks is ${this.#transcript.showThinking ? 'shown' : 'folded'} from now on`);
        break;
      case 'abort':
        this.#abort();
        break;
      case 'help':
        void this.#say(CHAT_HELP);
        break;
      case 'quit':
        this.#quit.abort();
        break;
      default:
        this.#act(this.#acts.perform(command));
    }
  }

  #submitAnswer(): void {
    const dialog = this.#dialogs.first!;
    const typed = typedAnswer(dialog, this.#editor.text);
    if ('problem' in typed) void this.#say(typed.problem, 'notable');
    else this.#answer(typed.answer);
  }

  #answer(answer: Parameters<PendingDialogs['answered']>[1]): void {
    const { requestId } = this.#dialogs.first!;
    this.#dialogs.answered(requestId, answer);
    const fields = { sessionId: this.#sessionId, requestId, ...answer };
    this.#client.request('extension_ui_response', fields).catch((error: unknown) => this.#complain(error));
  }

  async #useEditor(): Promise<void> {
    let edited: string | undefined;
    await this.#screen.lend(async () => {
      edited = await editText(this.#editor.text, this.#context.env);
    });
    if (edited === undefined) await this.#say('there is no editor in VISUAL or EDITOR, or it failed', 'notable');
    else this.#editor.set(edited);
    this.#draw();
  }

  #act(work: Promise<string | undefined>): void {
    work.then(
      (text) => (text === undefined ? this.#draw() : this.#say(text)),
      (error: unknown) => this.#complain(error),
    );
  }

  async #complain(error: unknown): Promise<void> {
    if (!isClientError(error)) throw error;
    await this.#say(oneLine(errorText(error)), 'bad');
  }

  async #say(text: string, paint: keyof Style = 'faint'): Promise<void> {
    if (this.#hasEnded) return;
    await this.#screen.print(this.#transcript.reply(plainText(text), this.#cols, paint));
    if (this.#isCaughtUp) this.#draw();
  }

  /** One less than there are: a row that is full to the last cell leaves the cursor where terminals disagree. */
  get #cols(): number {
    return Math.max(this.#screen.size.cols - 1, 8);
  }

  #draw(): void {
    if (!this.#hasEnded) this.#screen.draw(() => this.#area());
  }

  #area(): LiveArea {
    const nowMs = performance.now();
    const dialog = this.#dialogs.first;
    this.#swapDraft(dialog?.requestId, dialog?.prefill ?? '');
    const view = {
      underWay: this.#transcript.live(this.#cols, nowMs),
      dialog,
      steering: this.#state.steering,
      followUp: this.#state.followUp,
      status: this.#status(nowMs),
      editor: this.#editor,
    };
    return chatArea(view, this.#cols, this.#screen.size.rows, this.#style);
  }

  /** An answer is typed on a line of its own; what was being typed comes back afterwards. */
  #swapDraft(askedId: string | undefined, prefill: string): void {
    if (askedId === this.#askedId) return;
    if (this.#askedId === undefined) this.#draft = this.#editor.text;
    this.#editor.set(askedId === undefined ? this.#draft : prefill);
    this.#askedId = askedId;
  }

  #status(nowMs: number): ChatView['status'] {
    if (this.#client.state.status === 'reconnecting') {
      return { text: 'connection lost, reconnecting', paint: 'notable' };
    }
    if (this.#isArmed) {
      const abort = this.#isAborting ? 'aborting; ' : '';
      return { text: `${abort}Ctrl-C again leaves, and the session goes on`, paint: 'notable' };
    }
    const hint = this.#isAborting ? 'aborting' : this.#isWorking ? 'Ctrl-C aborts' : undefined;
    return { text: this.#state.line(nowMs, hint), paint: 'faint' };
  }
}

function lost(sessionId: string): ProtocolError {
  const resume = `take it up again with: sessionctl agent resume ${sessionId}`;
  return new ProtocolError('INVALID_STATE', `Cannot go on: the agent ended with its daemon; ${resume}`);
}

/** The number of the last event that an item stands for. */
function lastOf(item: FeedItem): number {
  return item.kind === 'gap' ? item.to - 1 : item.seq;
}
