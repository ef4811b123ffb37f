import { emitKeypressEvents, type Key } from 'node:readline';
import { type Client, isClientError } from '@sessiond/client';
import type { DialogAnswer, DialogRequest } from '@sessiond/protocol';
import { isEventOf } from '@sessiond/protocol/client';
import type { Context } from '../context.ts';
import { errorText } from '../error-text.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { flowed } from '../help-layout.ts';
import { type Style, styleFor } from '../style.ts';
import { CallerEditor } from './caller-editor.ts';
import { ChatActs } from './chat-acts.ts';
import { type ChatView, chatArea } from './chat-area.ts';
import { type ChatKey, ChatKeys } from './chat-keys.ts';
import { ChatLine } from './chat-line.ts';
import { ChatScreen, type LiveArea } from './chat-screen.ts';
import { Conversation, type ConversationView } from './conversation.ts';
import { typedAnswer } from './dialog.ts';
import { OwnPrompts } from './own-prompts.ts';
import { plainText } from './plain-text.ts';
import { CHAT_HELP, type SlashCommand, slashCommand } from './slash-command.ts';
import { Transcript } from './transcript.ts';

/** How a person talks with an agent. */
export interface ChatOptions {
  readonly sessionId: string;
  /** Whether what the model thinks is shown, or folded. */
  readonly showThinking: boolean;
}

const TICK_MS = 1_000;

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
  readonly #conversation: Conversation;
  readonly #acts: ChatActs;
  readonly #keys = new ChatKeys();
  readonly #line = new ChatLine();
  readonly #quit = new AbortController();
  readonly #prompts: OwnPrompts;
  readonly #callerEditor: CallerEditor;
  #isAborting = false;
  #hasEnded = false;
  /** The last key was Ctrl-C: another one leaves. */
  #isArmed = false;

  constructor(context: Context, client: Client, { sessionId, showThinking }: ChatOptions) {
    this.#context = context;
    this.#client = client;
    this.#sessionId = sessionId;
    this.#style = styleFor(context);
    this.#screen = new ChatScreen(context);
    const { env, interruption } = context;
    this.#callerEditor = new CallerEditor({ env, interruption, screen: this.#screen, line: this.#line });
    this.#transcript = new Transcript({ style: this.#style, showThinking });
    this.#acts = new ChatActs(client, sessionId, () => this.#conversation.state);
    this.#prompts = new OwnPrompts(client, sessionId, {
      onChange: () => this.#draw(),
      onFailed: (message) => void this.#print(this.#transcript.failure(message, this.#cols)),
      onNotBegun: () => void this.#say('aborted before it began', 'notable'),
      onRefused: (error) => void this.#complain(error),
    });
    this.#conversation = new Conversation({
      client,
      sessionId,
      transcript: this.#transcript,
      view: this.#view(),
      signal: AbortSignal.any([this.#quit.signal, interruption.signal]),
    });
  }

  async run(): Promise<number> {
    await this.#conversation.begin();
    const stopListening = this.#listen();
    const tick = setInterval(() => this.#isWorking && this.#draw(), TICK_MS).unref();
    try {
      this.#screen.enter();
      await this.#say(this.#conversation.state.headline);
      await this.#conversation.follow();
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
    return this.#conversation.state.isWorking || this.#prompts.size > 0;
  }

  #view(): ConversationView {
    const chat = this;
    return {
      get cols() {
        return chat.#cols;
      },
      print: (rows) => this.#screen.print(rows),
      say: (text, paint) => this.#say(text, paint),
      onChange: () => this.#onChange(),
    };
  }

  #onChange(): void {
    this.#line.ask(this.#conversation.dialogs.first);
    if (this.#conversation.isCaughtUp) this.#draw();
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
        this.#prompts.begin(message.event.commandId);
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
        this.#line.insert(key.text);
        break;
      case 'edit':
        this.#line.act(key.action);
        break;
      case 'submit':
        this.#onSubmit();
        break;
      case 'interrupt':
        this.#onInterrupt(wasArmed);
        break;
      case 'endOfInput':
        if (this.#line.editor.text === '') this.#quit.abort();
        else this.#line.act('delete');
        break;
      case 'escape':
        if (this.#line.asked !== undefined) this.#answer(this.#line.asked, { cancelled: true });
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
    else if (this.#line.editor.text !== '') {
      this.#line.editor.set('');
      this.#isArmed = false;
    }
  }

  #onSubmit(): void {
    const { asked, editor } = this.#line;
    if (asked !== undefined) {
      this.#submitAnswer(asked);
      return;
    }
    const text = editor.take(true).trim();
    if (text === '') return;
    const command = slashCommand(text);
    if (command !== undefined) this.#obey(command);
    else this.#prompts.tell(text, this.#isWorking);
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
        void this.#say(flowed(CHAT_HELP, this.#cols));
        break;
      case 'quit':
        this.#quit.abort();
        break;
      default:
        this.#act(this.#acts.perform(command));
    }
  }

  #submitAnswer(dialog: DialogRequest): void {
    if (this.#line.isSurprised) {
      this.#line.touch();
      void this.#say('The agent asks: Enter now answers it.', 'notable');
      return;
    }
    const typed = typedAnswer(dialog, this.#line.editor.text);
    if ('problem' in typed) void this.#say(typed.problem, 'notable');
    else this.#answer(dialog, typed.answer);
  }

  #answer({ requestId }: DialogRequest, answer: DialogAnswer): void {
    const fields = { sessionId: this.#sessionId, requestId, ...answer };
    const isTaken = this.#client.request('extension_ui_response', fields).then(
      () => true,
      (error: unknown) => {
        // It is over: its end is told.
        if (isClientError(error, 'INVALID_STATE')) return false;
        this.#conversation.dialogs.unanswered(requestId);
        this.#onChange();
        void this.#complain(error);
        return true;
      },
    );
    this.#conversation.dialogs.answered(requestId, { answer, isTaken });
    this.#onChange();
  }

  async #useEditor(): Promise<void> {
    const problem = await this.#callerEditor.edit();
    if (problem !== undefined) await this.#say(problem, 'notable');
    this.#draw();
  }

  #act(work: Promise<string | undefined>): void {
    work.then(
      (text) => (text === undefined ? this.#draw() : this.#say(text)),
      (error: unknown) => this.#complain(error),
    );
  }

  async #complain(error: unknown): Promise<void> {
    if (this.#hasEnded) return;
    if (!isClientError(error)) throw error;
    await this.#say(errorText(error), 'bad');
  }

  async #say(text: string, paint: keyof Style = 'faint'): Promise<void> {
    await this.#print(this.#transcript.reply(plainText(text), this.#cols, paint));
    if (this.#conversation.isCaughtUp) this.#draw();
  }

  async #print(rows: readonly string[]): Promise<void> {
    if (!this.#hasEnded) await this.#screen.print(rows);
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
    const { asked: dialog, editor } = this.#line;
    const { state } = this.#conversation;
    const view = {
      underWay: this.#transcript.live(this.#cols, nowMs),
      dialog,
      steering: state.steering,
      followUp: state.isWorking ? [...state.followUp, ...this.#prompts.waiting] : state.followUp,
      status: this.#status(nowMs),
      editor,
    };
    return chatArea(view, this.#cols, this.#screen.size.rows, this.#style);
  }

  #status(nowMs: number): ChatView['status'] {
    if (this.#client.state.status === 'reconnecting') {
      return { text: 'connection lost, reconnecting', paint: 'notable' };
    }
    if (this.#isArmed) {
      const abort = this.#isAborting ? 'aborting; ' : '';
      return { text: `${abort}Ctrl-C again leaves; the session stays`, paint: 'notable' };
    }
    const hint = this.#isAborting ? 'aborting' : this.#isWorking ? 'Ctrl-C aborts' : undefined;
    return { text: this.#conversation.state.line(nowMs, hint), paint: 'faint' };
  }
}
