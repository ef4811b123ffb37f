import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { QueueMode } from '@sessiond/protocol';
import type { PiBashOperations, PiContent, PiEvent, PiMessage, PiModel } from '../../src/pi/host/pi-api.ts';
import type { SessionManager } from './session-manager.ts';
import type { SettingsManager } from './settings-manager.ts';

const LEVELS = ['off', 'low', 'high'];
export const MODELS: readonly PiModel[] = ['small', 'large'].map((id) => ({
  provider: 'fake',
  id,
  baseUrl: 'http://127.0.0.1:1/v1',
  reasoning: true,
  input: ['text', 'image'],
  contextWindow: 1000,
}));

interface Actions {
  switchSession(path: string): Promise<unknown>;
}

interface SessionParts {
  readonly sessionManager: SessionManager;
  readonly settingsManager: SettingsManager;
  readonly model?: PiModel;
  readonly thinkingLevel?: string;
  readonly bash: PiBashOperations;
}

interface Ui {
  select(title: string, options: readonly string[]): Promise<string | undefined>;
  notify(message: string, level: string): void;
  setStatus(key: string, text: string | undefined): void;
}

/**
 * A session with the interface of pi's, and without a model: the first word of a prompt decides what it does, as with the model server of the testkit. Its events
 * share one message that grows, as those of pi do.
 */
export class Session {
  readonly sessionManager: SessionManager;
  readonly agent: object = { continue: async () => {}, waitForIdle: async () => {} };
  readonly promptTemplates: readonly object[] = [{ name: 'review', description: 'Reviews' }];
  readonly extensionRunner: object = { getRegisteredCommands: () => [] };
  readonly resourceLoader: object = { getSkills: () => ({ skills: [{ name: 'counting' }] }) };
  readonly modelRegistry: object = { getAvailable: () => MODELS };
  readonly modelRuntime: object = { getAvailable: async () => MODELS };
  readonly #bash: PiBashOperations;
  readonly #settings: SettingsManager;
  readonly #listeners = new Set<(event: PiEvent) => void>();
  messages: PiMessage[];
  model: PiModel;
  thinkingLevel: string;
  isStreaming = false;
  isCompacting = false;
  isRetrying = false;
  #steering: string[] = [];
  #followUp: string[] = [];
  #abort = new AbortController();
  #name: string | undefined;
  #ui: Ui | undefined;
  #actions: Actions | undefined;
  #idle: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts) {
    const { sessionManager: manager, settingsManager, model, bash } = parts;
    this.sessionManager = manager;
    this.#settings = settingsManager;
    this.#bash = bash;
    this.thinkingLevel = parts.thinkingLevel ?? 'off';
    const chosen = manager.getEntries().findLast(({ type }) => type === 'model_change')?.modelId;
    this.model = model ?? MODELS.find(({ id }) => id === chosen) ?? MODELS[0]!;
    this.#name = manager.getEntries().findLast(({ type }) => type === 'session_info')?.name;
    this.messages = manager.messages();
    if (model !== undefined || chosen === undefined) this.#recordModel();
  }

  get sessionFile(): string {
    return this.sessionManager.getSessionFile();
  }
  get sessionId(): string {
    return this.sessionManager.getSessionId();
  }
  get sessionName(): string | undefined {
    return this.#name;
  }
  get autoCompactionEnabled(): boolean {
    return this.#settings.get('autoCompaction', true);
  }
  get autoRetryEnabled(): boolean {
    return this.#settings.get('autoRetry', false);
  }
  get steeringMode(): QueueMode {
    return this.#settings.get('steeringMode', 'one-at-a-time');
  }
  get followUpMode(): QueueMode {
    return this.#settings.get('followUpMode', 'one-at-a-time');
  }
  get pendingMessageCount(): number {
    return this.#steering.length + this.#followUp.length;
  }

  subscribe(listener: (event: PiEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async bindExtensions(context: { readonly uiContext?: Ui; readonly commandContextActions?: Actions }): Promise<void> {
    this.#ui = context.uiContext;
    this.#actions = context.commandContextActions;
    // An extension that waits for something.
    while (existsSync(join(this.sessionManager.getCwd(), 'wait'))) await delay(5);
  }

  /** Resolves like pi's, also when the provider failed. */
  prompt(text: string, { images = [] }: { readonly images?: readonly PiContent[] } = {}): Promise<void> {
    if (this.isStreaming) throw new Error('Agent is already processing');
    const run = this.#run(text, images);
    this.#idle = run.catch(() => {});
    return run;
  }

  async steer(text: string): Promise<void> {
    if (text.startsWith('/')) throw new Error('Extension command cannot be queued');
    this.#steering.push(text);
    this.#queueChanged();
  }
  async followUp(text: string): Promise<void> {
    this.#followUp.push(text);
    this.#queueChanged();
  }
  clearQueue(): void {
    this.#steering = [];
    this.#followUp = [];
    this.#queueChanged();
  }
  getSteeringMessages(): readonly string[] {
    return this.#steering;
  }
  getFollowUpMessages(): readonly string[] {
    return this.#followUp;
  }

  async abort(): Promise<void> {
    this.#abort.abort();
    await this.#idle;
  }
  abortBash(): void {}
  abortRetry(): void {}
  abortCompaction(): void {
    if (this.isCompacting) this.#abort.abort();
  }
  abortBranchSummary(): void {}

  async compact(instructions = ''): Promise<{ summary: string; tokensBefore: number }> {
    this.isCompacting = true;
    this.#abort = new AbortController();
    this.#emit({ type: 'compaction_start', reason: 'manual' });
    try {
      if (instructions === 'hang') await until(this.#abort.signal);
      const result = { summary: `${this.messages.length} messages`, tokensBefore: 12 };
      this.#emit({ type: 'compaction_end', reason: 'manual', aborted: false, result });
      return result;
    } catch {
      this.#emit({ type: 'compaction_end', reason: 'manual', aborted: true });
      throw new Error('Compaction cancelled');
    } finally {
      this.isCompacting = false;
    }
  }

  async setModel(model: PiModel): Promise<void> {
    this.model = model;
    this.#recordModel();
  }
  async cycleModel(): Promise<{ model: PiModel }> {
    await this.setModel(MODELS.find(({ id }) => id !== this.model.id)!);
    return { model: this.model };
  }
  setThinkingLevel(level: string): void {
    if (level === this.thinkingLevel) return;
    this.thinkingLevel = level;
    this.#emit({ type: 'thinking_level_changed', level });
  }
  cycleThinkingLevel(): string {
    this.setThinkingLevel(LEVELS[(LEVELS.indexOf(this.thinkingLevel) + 1) % LEVELS.length]!);
    return this.thinkingLevel;
  }
  getAvailableThinkingLevels(): readonly string[] {
    return LEVELS;
  }
  supportsThinking(): boolean {
    return true;
  }
  setAutoCompactionEnabled(enabled: boolean): void {
    this.#settings.set('autoCompaction', enabled);
  }
  setAutoRetryEnabled(enabled: boolean): void {
    this.#settings.set('autoRetry', enabled);
  }
  setSteeringMode(mode: QueueMode): void {
    this.#settings.set('steeringMode', mode);
  }
  setFollowUpMode(mode: QueueMode): void {
    this.#settings.set('followUpMode', mode);
  }
  setSessionName(name: string): void {
    this.#name = name;
    this.sessionManager.append({ type: 'session_info', name });
  }
  recordBashResult(command: string, { output }: { readonly output: string }): void {
    this.#record({ role: 'bashExecution', command, output });
  }
  getUserMessagesForForking(): { entryId: string; text: string }[] {
    return this.sessionManager
      .getEntries()
      .flatMap(({ id, message }) => (message?.role === 'user' ? [{ entryId: id, text: textOf(message) }] : []));
  }
  getSessionStats(): object {
    const count = (role: string) => this.messages.filter((message) => message.role === role).length;
    return {
      userMessages: count('user'),
      assistantMessages: count('assistant'),
      toolCalls: count('toolResult'),
      toolResults: count('toolResult'),
      totalMessages: this.messages.length,
      tokens: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, total: 3 },
      cost: 0,
    };
  }
  getContextUsage(): object {
    return { tokens: 10, contextWindow: 1000, percent: 1 };
  }
  getLastAssistantText(): string | undefined {
    const last = this.messages.findLast(({ role }) => role === 'assistant');
    return last && textOf(last);
  }
  getAllTools(): readonly object[] {
    return [{ name: 'bash', description: 'Runs a line' }, { name: 'off' }];
  }
  getActiveToolNames(): readonly string[] {
    return ['bash'];
  }
  async navigateTree(entryId: string): Promise<object> {
    this.sessionManager.goTo(entryId);
    return { cancelled: false, editorText: 'said there' };
  }
  async exportToHtml(path: string): Promise<string> {
    writeFileSync(path, '<!doctype html><html></html>');
    return path;
  }
  async reload(): Promise<void> {}

  async #run(text: string, images: readonly PiContent[]): Promise<void> {
    this.#abort = new AbortController();
    this.isStreaming = true;
    this.#emit({ type: 'agent_start' });
    try {
      let heard = [text];
      let pictures = images;
      while (heard.length > 0) {
        await this.#turn(heard, pictures);
        pictures = [];
        if (this.#abort.signal.aborted) break;
        heard = this.#take();
        if (heard.length > 0) this.#queueChanged();
      }
    } finally {
      this.isStreaming = false;
      this.#emit({ type: 'agent_end' });
    }
  }

  #take(): string[] {
    const [queue, mode] =
      this.#steering.length > 0 ? [this.#steering, this.steeringMode] : [this.#followUp, this.followUpMode];
    return queue.splice(0, mode === 'all' ? queue.length : 1);
  }

  /** Everything that is heard is put down; the last of it is obeyed. */
  async #turn(heard: readonly string[], images: readonly PiContent[]): Promise<void> {
    this.#emit({ type: 'turn_start' });
    for (const text of heard) this.#say({ role: 'user', content: [{ type: 'text', text }, ...images] });
    const [word = '', ...words] = heard.at(-1)!.split(' ');
    const rest = words.join(' ');
    const answer = new Answer(this.model, (event) => this.#emit(event));
    try {
      await this.#obey(word, rest, answer, images.length);
    } catch (error) {
      const aborted = this.#abort.signal.aborted;
      answer.fail(aborted ? 'aborted' : 'error', error instanceof Error ? error.message : 'unknown');
    }
    answer.end((message) => this.#record(message));
    this.#emit({ type: 'turn_end' });
  }

  async #obey(word: string, rest: string, answer: Answer, images: number): Promise<void> {
    const { signal } = this.#abort;
    switch (word) {
      case 'say':
        return answer.text(rest);
      case 'stream':
        for (let token = 0; token < Number(rest); token += 1) {
          answer.text(`${String(token % 1000).padStart(3, '0')} `);
          if (token % 5 === 0) await delay(0, undefined, { signal });
        }
        return undefined;
      case 'hang':
        return until(signal);
      case 'wait':
        while (this.#steering.length === 0) await delay(5, undefined, { signal });
        return answer.text('Waited.');
      case 'ask':
        return answer.text(`chose ${await this.#ui?.select('Which?', ['red', 'green'])}`);
      case 'note':
        this.#ui?.notify(rest, 'warning');
        this.#ui?.setStatus('line', rest);
        return answer.text('Noted.');
      case 'spin':
        await delay(20);
        for (;;);
      case 'go':
        await this.#actions?.switchSession(rest);
        return undefined;
      case 'late':
        void Promise.reject(new Error('nobody waits for this'));
        await delay(5);
        return answer.text('Still here.');
      case 'print':
        console.log('{"answer":0}');
        return answer.text('Printed.');
      case 'fail':
        throw new Error(`${rest} the provider was told to fail`);
      case 'fetch':
        await globalThis.fetch(rest, { signal });
        throw new Error('Provider failed');
      case 'crash':
        await delay(20);
        return process.exit(70);
      case 'bash':
        return answer.text(`The tool said: ${await this.#tool(rest)}`);
      default:
        return answer.text(images > 0 ? `You showed ${images} pictures.` : `You said: ${rest}`);
    }
  }

  async #tool(command: string): Promise<string> {
    const call = { toolCallId: `call-${this.messages.length}`, toolName: 'bash' };
    this.#emit({ type: 'tool_execution_start', ...call, args: { command } });
    let output = '';
    const content = () => [{ type: 'text' as const, text: output }];
    const onData = (data: Buffer) => {
      output += data.toString();
      this.#emit({ type: 'tool_execution_update', ...call, partialResult: { content: content() } });
    };
    let isError = true;
    try {
      const { exitCode } = await this.#bash.exec(command, this.sessionManager.getCwd(), {
        onData,
        signal: this.#abort.signal,
        env: { PI_SESSION_ID: this.sessionId, HOST_ONLY: 'hidden' },
        ...(command.startsWith('#1s') && { timeout: 1 }),
      });
      isError = exitCode !== 0;
    } catch (error) {
      output += error instanceof Error ? error.message : 'failed';
    }
    this.#emit({ type: 'tool_execution_end', ...call, isError, result: { content: content() } });
    this.#say({ role: 'toolResult', ...call, isError, content: content() });
    this.#abort.signal.throwIfAborted();
    return output;
  }

  #say(message: PiMessage): void {
    this.#emit({ type: 'message_start', message });
    this.#emit({ type: 'message_end', message });
    this.#record(message);
  }

  #record(message: PiMessage): void {
    this.messages = [...this.messages, message];
    this.sessionManager.append({ type: 'message', message });
  }

  #recordModel(): void {
    this.sessionManager.append({ type: 'model_change', provider: this.model.provider, modelId: this.model.id });
  }

  #queueChanged(): void {
    this.#emit({ type: 'queue_update', steering: this.#steering, followUp: this.#followUp });
  }

  #emit(event: PiEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** An answer while it is said: one message, which all events share. */
class Answer {
  readonly #message: { -readonly [K in keyof PiMessage]: PiMessage[K] };
  readonly #part = { type: 'text' as const, text: '' };
  readonly #emit: (event: PiEvent) => void;

  constructor(model: PiModel, emit: (event: PiEvent) => void) {
    this.#emit = emit;
    const usage = { input: 1, output: 2 };
    this.#message = { role: 'assistant', content: [this.#part], provider: model.provider, model: model.id, usage };
    this.#message.stopReason = 'stop';
    emit({ type: 'message_start', message: this.#message });
  }

  text(delta: string): void {
    this.#part.text += delta;
    const update = { type: 'text_delta', contentIndex: 0, delta, partial: this.#message };
    this.#emit({ type: 'message_update', message: this.#message, assistantMessageEvent: update });
    update.delta = 'too late';
  }

  fail(stopReason: string, errorMessage: string): void {
    this.#message.stopReason = stopReason;
    this.#message.errorMessage = errorMessage;
  }

  end(record: (message: PiMessage) => void): void {
    this.#emit({ type: 'message_end', message: this.#message });
    record(this.#message);
  }
}

function textOf(message: PiMessage): string {
  const { content = '' } = message;
  return typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

async function until(signal: AbortSignal): Promise<never> {
  await delay(2 ** 30, undefined, { signal });
  throw new Error('It waited too long');
}
