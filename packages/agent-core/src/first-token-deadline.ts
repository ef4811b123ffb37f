import type { AgentEvent } from '@sessiond/protocol';
import type { Clock } from './clock.ts';

/** What a {@link FirstTokenDeadline} needs. */
export interface FirstTokenDeadlineOptions {
  readonly clock: Clock;
  /** How long a model may be silent after it was asked; `undefined`: for ever. */
  readonly limitMs: number | undefined;
  /** It was silent for longer. Called once for each time it was asked. */
  readonly onLate: () => void;
}

/**
 * Knows from the events of a turn how long its model has been silent: from `turn_start`, with which each request to a model begins, to the first sign of an answer.
 *
 * While a person is asked no time passes, and it begins anew with the answer: what keeps the model is then ours. A compaction, and the wait before a request that has failed
 * is made again, are not waited for either; the next `turn_start` is. Holds one timer while something is waited for.
 */
export class FirstTokenDeadline {
  readonly #options: FirstTokenDeadlineOptions;
  #waiting = false;
  #paused = 0;
  #cancel: () => void = () => {};

  constructor(options: FirstTokenDeadlineOptions) {
    this.#options = options;
  }

  /** Takes each event of the agent. */
  observe(event: AgentEvent): void {
    if (event.type === 'turn_start') this.#begin();
    else if (this.#waiting && isSignOfLife(event)) this.stop();
  }

  /** A person is asked. @returns how to go on, which has an effect once. */
  pause(): () => void {
    this.#paused += 1;
    this.#cancel();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#paused -= 1;
      if (this.#waiting) this.#begin();
    };
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#waiting = false;
    this.#cancel();
  }

  #begin(): void {
    const { clock, limitMs, onLate } = this.#options;
    this.#cancel();
    this.#waiting = true;
    if (limitMs === undefined || this.#paused > 0) return;
    const late = () => {
      this.#waiting = false;
      onLate();
    };
    this.#cancel = clock.after(limitMs, late, { background: true });
  }
}

/** Whether a model has begun to answer, or is not waited for any more. */
function isSignOfLife(event: AgentEvent): boolean {
  switch (event.type) {
    case 'message_update':
    case 'plan_update':
    case 'tool_execution_start':
    case 'turn_end':
    case 'agent_end':
    case 'compaction_start':
    case 'auto_retry_start':
      return true;
    case 'message_end':
      return event.role === 'assistant';
    default:
      return false;
  }
}
