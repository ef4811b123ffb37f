import type { AgentEvent, AgentModel } from '@sessiond/protocol';
import type { OpenAgent } from '../backend.ts';
import { AgentInputError } from '../errors.ts';
import { Conversation } from './conversation.ts';
import type { ConversationFiles, KeptConversation } from './conversation-files.ts';
import { FAKE_MODELS, FAKE_THINKING_LEVELS, fakeModel, fakeThinkingLevel } from './fake-models.ts';

/** What the state of a fake agent is made of. */
export interface FakeStateParts {
  readonly request: OpenAgent;
  /** Where conversations are kept; `undefined`: only in memory. */
  readonly files: ConversationFiles | undefined;
  readonly emit: (event: AgentEvent) => void;
  readonly timestamp: () => string;
}

/** What a fake agent remembers: its conversation, with the file it is kept in, and what it goes on with. */
export class FakeState {
  readonly cwd: string;
  readonly files: ConversationFiles | undefined;
  readonly emit: (event: AgentEvent) => void;
  readonly timestamp: () => string;
  autoCompactionEnabled = true;
  #conversation: Conversation;
  #sessionPath: string | undefined;
  #model: AgentModel;
  #thinkingLevel: string;
  #inMemory = 0;

  private constructor({ request, files, emit, timestamp }: FakeStateParts, kept: Partial<KeptConversation>) {
    this.cwd = request.cwd;
    this.files = files;
    this.emit = emit;
    this.timestamp = timestamp;
    this.#conversation = kept.conversation ?? this.#conversationInMemory(request.sessionId);
    this.#sessionPath = kept.sessionPath;
    const { modelId, thinkingLevel } = this.#conversation.settings ?? {};
    this.#model = fakeModel(request.model ?? modelId ?? FAKE_MODELS[0].id, 'model');
    const level = request.thinkingLevel ?? thinkingLevel ?? FAKE_THINKING_LEVELS[0];
    this.#thinkingLevel = fakeThinkingLevel(level, 'thinkingLevel');
    if (request.name !== undefined) this.#conversation.rename(request.name);
    this.#settle();
  }

  /** Takes up the conversation that the request names, or begins one. @throws AgentInputError. */
  static async open(parts: FakeStateParts): Promise<FakeState> {
    const { request, files, timestamp } = parts;
    if (request.resume !== undefined && files === undefined) {
      const field = 'sessionPath' in request.resume ? 'sessionPath' : 'agentSessionId';
      throw new AgentInputError(field, 'Cannot open conversation: none is kept here');
    }
    // Before a file is made.
    if (request.model !== undefined) fakeModel(request.model, 'model');
    if (request.thinkingLevel !== undefined) fakeThinkingLevel(request.thinkingLevel, 'thinkingLevel');
    const kept = request.resume ? await files?.open(request.resume) : await files?.begin(request.cwd, timestamp());
    return new FakeState(parts, kept ?? {});
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  /** The file of the conversation. */
  get sessionPath(): string | undefined {
    return this.#sessionPath;
  }

  get model(): AgentModel {
    return this.#model;
  }

  get thinkingLevel(): string {
    return this.#thinkingLevel;
  }

  setModel(model: AgentModel): void {
    this.#model = model;
    this.#settle();
    this.emit({ type: 'model_changed', provider: model.provider, modelId: model.id });
  }

  setThinkingLevel(level: string): void {
    this.#thinkingLevel = level;
    this.#settle();
    this.emit({ type: 'thinking_level_changed', level });
  }

  /** Goes on with a new conversation. */
  async begin(): Promise<void> {
    const kept = await this.files?.begin(this.cwd, this.timestamp());
    this.goOnWith(
      kept ?? { conversation: this.#conversationInMemory(this.#conversation.origin.id), sessionPath: undefined },
    );
    this.#settle();
  }

  /** Goes on with another conversation. */
  goOnWith({ conversation, sessionPath }: { conversation: Conversation; sessionPath: string | undefined }): void {
    this.#conversation = conversation;
    this.#sessionPath = sessionPath;
  }

  #settle(): void {
    this.#conversation.settle(this.#model.id, this.#thinkingLevel);
  }

  #conversationInMemory(name: string): Conversation {
    this.#inMemory += 1;
    const id = `${name.replace(/#\d+$/, '')}#${this.#inMemory}`;
    return new Conversation({ id, cwd: this.cwd, createdAt: this.timestamp() });
  }
}
