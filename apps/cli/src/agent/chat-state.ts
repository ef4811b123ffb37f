import type { AgentModel, AgentPhase, AgentSessionState, KnownEvent } from '@sessiond/protocol';
import { durationText } from '../quantity-text.ts';
import { oneLine } from './tool-line.ts';

/** Lines of state that extensions show: more are not. */
const MAX_STATUS_LINES = 8;

/** What a chat knows of the session beside what was said: kept up to date by its events. */
export class ChatState {
  readonly #session: AgentSessionState;
  #phase: AgentPhase;
  #workingSinceMs: number | undefined;
  #model: string | undefined;
  #thinking: string | undefined;
  readonly #status = new Map<string, string>();
  /** What waits to be taken up. */
  steering: readonly string[];
  followUp: readonly string[];

  /** `nowMs` is when the state was asked for. */
  constructor(session: AgentSessionState, nowMs: number) {
    this.#session = session;
    this.#phase = session.state;
    this.#model = modelText(session.model);
    this.#thinking = session.thinkingLevel;
    this.steering = session.steering;
    this.followUp = session.followUp;
    if (session.state === 'running' || session.isStreaming) this.#workingSinceMs = nowMs;
  }

  /** Whether it works on something. */
  get isWorking(): boolean {
    return this.#workingSinceMs !== undefined;
  }

  get model(): string | undefined {
    return this.#model;
  }

  get thinking(): string | undefined {
    return this.#thinking;
  }

  /** Takes note of an event of the log that came after the state. */
  note(event: KnownEvent, nowMs: number): void {
    switch (event.type) {
      case 'agent_phase_changed':
        this.#phase = event.to;
        this.#workingSinceMs = event.to === 'running' ? (this.#workingSinceMs ?? nowMs) : undefined;
        break;
      case 'agent_start':
        this.#workingSinceMs ??= nowMs;
        break;
      case 'queue_update':
        this.steering = event.steering;
        this.followUp = event.followUp;
        break;
      case 'model_changed':
        this.#model = modelText({ provider: event.provider, id: event.modelId });
        break;
      case 'thinking_level_changed':
        this.#thinking = event.level;
        break;
      case 'extension_status':
        this.#status.delete(event.key);
        if (event.text !== undefined && this.#status.size < MAX_STATUS_LINES) this.#status.set(event.key, event.text);
        break;
      case 'agent_stopped':
        this.#phase = 'stopped';
        this.#workingSinceMs = undefined;
        break;
    }
  }

  /** Who it is, on one line, for the beginning. */
  get headline(): string {
    const { sessionId, name, backend, cwd } = this.#session;
    const texts = [name === undefined ? sessionId : `${name} (${sessionId})`, backend, this.#model, cwd, '/help'];
    return oneLine(texts.filter((text) => text !== undefined).join(' · '));
  }

  /** How it is, on one line, what matters most first. */
  line(nowMs: number, hint: string | undefined): string {
    const since = this.#workingSinceMs;
    const doing = since === undefined ? this.#phase : `working ${durationText(Math.max(nowMs - since, 0))}`;
    const thinking = this.#thinking === undefined ? undefined : `thinking ${this.#thinking}`;
    const texts = [doing, hint, this.#model ?? this.#session.backend, thinking, ...this.#status.values()];
    return oneLine(texts.filter((text) => text !== undefined).join(' · '));
  }
}

function modelText(model: Pick<AgentModel, 'provider' | 'id'> | undefined): string | undefined {
  return model === undefined ? undefined : `${model.provider}/${model.id}`;
}
