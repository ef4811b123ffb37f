import type { AgentEvent } from '@sessiond/protocol';
import type { Clock } from '../clock.ts';
import { AgentFailedError, AgentInputError, AgentUnavailableError } from '../errors.ts';
import type { AcpLink } from './acp-link.ts';
import { agentErrorCode, agentFailure } from './agent-failure.ts';
import { Conversation } from './conversation.ts';
import { isRecord, readText } from './json.ts';
import { SessionChoices } from './session-choices.ts';
import { type AgentCommandInfo, readSessionUpdate, type SessionUpdate } from './session-update.ts';
import { Transcript } from './transcript.ts';

/** The agent answers with this code when it wants to be authenticated with first. */
const AUTH_REQUIRED = -32_000;

/** Longest id of a conversation. */
const MAX_ID = 1_024;

/** After so much silence, what was said outside a prompt is over: nothing tells its end. */
const QUIET_MS = 1_000;

/** What an {@link AcpSession} is made of. */
export interface AcpSessionParts {
  readonly cwd: string;
  readonly maxTranscriptBytes: number;
  /** Takes what happens. */
  readonly emit: (event: AgentEvent) => void;
  /** Told when something has changed that no event tells. */
  readonly onChanged: () => void;
  readonly terminalText: (terminalId: string) => string;
  readonly clock: Clock;
  /** The time of day, RFC 3339. */
  readonly timestamp: () => string;
}

/** How full the context of the model is. */
export interface ContextUsage {
  readonly used: number;
  readonly size: number;
}

/**
 * One conversation with an agent: what the agent has told of it, which outlives the agent's process.
 *
 * Memory: the transcript of `maxTranscriptBytes`, the lists an agent offers (see `readSessionUpdate` for their bounds), and what `Conversation` says.
 */
export class AcpSession {
  /** What can be chosen in it. */
  readonly choices: SessionChoices;
  readonly #parts: AcpSessionParts;
  #transcript: Transcript;
  #conversation: Conversation;
  #id: string | undefined;
  #commands: readonly AgentCommandInfo[] = [];
  #title: string | undefined;
  #usage: ContextUsage | undefined;
  #cost: number | undefined;
  #compacting = false;
  /** The answer that names the conversation may still be on its way when the first news of it is there. */
  #opening = false;
  /** The conversation is told again: what was said is not news. */
  #replaying = false;
  #stopWaiting = (): void => {};

  constructor(parts: AcpSessionParts) {
    this.#parts = parts;
    this.choices = new SessionChoices({ emit: (event) => this.#emit(event), onChanged: parts.onChanged });
    this.#transcript = new Transcript(parts.maxTranscriptBytes);
    this.#conversation = this.#newConversation(this.#transcript);
  }

  get cwd(): string {
    return this.#parts.cwd;
  }

  /** What the agent calls it; `undefined` before it was opened. */
  get id(): string | undefined {
    return this.#id;
  }

  get transcript(): Transcript {
    return this.#transcript;
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  get commands(): readonly AgentCommandInfo[] {
    return this.#commands;
  }

  get title(): string | undefined {
    return this.#title;
  }

  get usage(): ContextUsage | undefined {
    return this.#usage;
  }

  /** In dollars, where the agent tells. */
  get cost(): number | undefined {
    return this.#cost;
  }

  get isCompacting(): boolean {
    return this.#compacting;
  }

  /**
   * Begins a new conversation and forgets the old one.
   * @throws AgentUnavailableError naming the ways to authenticate when the agent wants that, AgentFailedError, the signal's reason.
   */
  async create(link: AcpLink, signal: AbortSignal): Promise<void> {
    const { id, answer } = await this.#new(link, signal);
    this.lose();
    this.#forget();
    this.#opened(id, answer, link);
  }

  /**
   * Goes on with a conversation; all that was said is in the transcript afterwards where the agent tells it again.
   * @throws AgentInputError when the agent cannot, or does not know it, and as {@link AcpSession.create}.
   */
  async load(link: AcpLink, id: string, signal: AbortSignal): Promise<void> {
    const { load, resume } = link.abilities;
    if (!load && !resume) {
      throw new AgentInputError('agentSessionId', 'Cannot go on with conversation: this agent cannot load any');
    }
    try {
      await (load ? this.#replay(link, id, signal) : this.#resume(link, id, signal));
    } catch (error) {
      if (agentErrorCode(error instanceof Error ? error.cause : undefined) === undefined) throw error;
      throw new AgentInputError('agentSessionId', (error as Error).message, { cause: error });
    }
  }

  /**
   * Goes on in a new process, where the agent can, else with a new conversation; what was said stays in the transcript.
   * @returns whether the agent knows what was said before. @throws as {@link AcpSession.create}.
   */
  async reopen(link: AcpLink, signal: AbortSignal): Promise<boolean> {
    const id = this.#id;
    const { load, resume } = link.abilities;
    if (id !== undefined && (load || resume)) {
      try {
        await (resume ? this.#resume(link, id, signal) : this.#replay(link, id, signal));
        return true;
      } catch (error) {
        // It may have died before it kept anything.
        if (agentErrorCode(error instanceof Error ? error.cause : undefined) === undefined) throw error;
      }
    }
    const fresh = await this.#new(link, signal);
    this.#opened(fresh.id, fresh.answer, link);
    return false;
  }

  /** Takes the parameters of a `session/update`; those of another conversation and those not understood are without effect. */
  update(params: unknown): void {
    if (!isRecord(params) || (params['sessionId'] !== this.#id && !this.#opening)) return;
    const update = readSessionUpdate(params['update']);
    if (update !== undefined) this.#take(update);
  }

  /** Ends what the agent began outside a prompt, without waiting for it. */
  abandon(): void {
    this.#stopWaiting();
    this.#conversation.abandon();
  }

  /** The agent's process is gone, or its conversation, and with it what it did beside a prompt. */
  lose(): void {
    this.#compaction({ kind: 'compaction', state: 'failed' });
    this.abandon();
  }

  #take(update: SessionUpdate): void {
    switch (update.kind) {
      case 'text':
      case 'thought':
      case 'tool':
      case 'user':
        this.#conversation.take(update);
        this.#restWhenQuiet();
        break;
      case 'plan':
        this.#emit({ type: 'plan_update', entries: update.entries });
        break;
      case 'commands':
        this.#commands = update.commands;
        this.#emit({ type: 'commands_changed' });
        break;
      case 'mode':
        this.choices.modeChanged(update.modeId);
        break;
      case 'config':
        this.choices.optionsChanged(update.options);
        break;
      case 'title':
        this.#title = update.title;
        this.#parts.onChanged();
        break;
      case 'usage':
        this.#usage = { used: update.used, size: update.size };
        this.#cost = update.cost ?? this.#cost;
        break;
      case 'notice':
        this.#emit({ type: 'extension_notify', message: update.message, level: update.level });
        break;
      case 'compaction':
        this.#compaction(update);
    }
  }

  #compaction({ state, error }: Extract<SessionUpdate, { kind: 'compaction' }>): void {
    // One that is told again is over.
    if (this.#replaying || (state === 'begun') === this.#compacting) return;
    this.#compacting = state === 'begun';
    if (state === 'begun') this.#emit({ type: 'compaction_start', reason: 'threshold' });
    else {
      const errorMessage = state === 'failed' && error !== undefined ? { errorMessage: error } : {};
      this.#emit({ type: 'compaction_end', aborted: state === 'failed' && error === undefined, ...errorMessage });
    }
  }

  async #new(link: AcpLink, signal: AbortSignal): Promise<{ id: string; answer: unknown }> {
    const answer = await this.#ask(link, 'session/new', {}, signal);
    const id = isRecord(answer) ? readText(answer['sessionId'], MAX_ID) : undefined;
    if (id === undefined) throw new AgentFailedError('Cannot open conversation: the agent gave it no id');
    return { id, answer };
  }

  async #resume(link: AcpLink, sessionId: string, signal: AbortSignal): Promise<void> {
    this.#opened(sessionId, await this.#ask(link, 'session/resume', { sessionId }, signal), link);
  }

  /** Some agents answer that a conversation is loaded, and tell what was said in it afterwards. */
  #restWhenQuiet(): void {
    this.#stopWaiting();
    if (this.#replaying || !this.#conversation.isUnasked) return;
    this.#stopWaiting = this.#parts.clock.after(QUIET_MS, () => this.#conversation.rest(), { background: true });
  }

  /** Loads a conversation, which the agent tells again; the transcript is the new one only when that has worked. */
  async #replay(link: AcpLink, sessionId: string, signal: AbortSignal): Promise<void> {
    this.abandon();
    const before = this.#conversation;
    const transcript = new Transcript(this.#parts.maxTranscriptBytes);
    const told = this.#newConversation(transcript);
    this.#conversation = told;
    this.#replaying = true;
    try {
      const answer = await this.#ask(link, 'session/load', { sessionId }, signal);
      told.flush();
      this.#transcript = transcript;
      this.#opened(sessionId, answer, link);
    } catch (error) {
      this.#conversation = before;
      throw error;
    } finally {
      this.#replaying = false;
    }
  }

  #opened(id: string, answer: unknown, link: AcpLink): void {
    this.#id = id;
    this.choices.opened(answer, link.abilities.name);
  }

  #forget(): void {
    this.#transcript = new Transcript(this.#parts.maxTranscriptBytes);
    this.#conversation = this.#newConversation(this.#transcript);
    this.#title = undefined;
    this.#usage = undefined;
    this.#cost = undefined;
  }

  /** Opens a conversation in one of the three ways. */
  async #ask(
    link: AcpLink,
    method: string,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    this.#opening = true;
    try {
      return await link.request(method, { ...params, cwd: this.#parts.cwd, mcpServers: [] }, signal);
    } catch (error) {
      const code = agentErrorCode(error);
      if (code === undefined) throw error;
      if (code !== AUTH_REQUIRED) throw agentFailure('open conversation', error, { provider: link.abilities.name });
      const { logins, name } = link.abilities;
      const ways = logins.length === 0 ? 'in its own way' : `by one of its ways: ${logins.join(', ')}`;
      throw new AgentUnavailableError(`Cannot use agent ${name}: log in with the agent itself first, ${ways}`, {
        cause: error,
      });
    } finally {
      this.#opening = false;
    }
  }

  #newConversation(transcript: Transcript): Conversation {
    const { terminalText, timestamp } = this.#parts;
    return new Conversation({
      transcript,
      terminalText,
      timestamp,
      emit: (event) => this.#emit(event),
      model: () => this.choices.model,
    });
  }

  #emit(event: AgentEvent): void {
    if (!this.#replaying) this.#parts.emit(event);
  }
}
