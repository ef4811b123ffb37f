import type { AgentEvent, QueueMode } from '@sessiond/protocol';
import type { UserMessage } from '../backend.ts';
import { AgentStateError } from '../errors.ts';

/** More than anybody says to an agent that works. */
const MAX_QUEUED = 1000;

/** What waits for an agent that works: what it hears before its next step, and what it does afterwards. At most 1,000 of each. */
export class MessageQueue {
  /** How much of what is to be heard before its next step is taken at once. */
  steeringMode: QueueMode = 'one-at-a-time';
  /** How much of what is to be done afterwards is taken at once. */
  followUpMode: QueueMode = 'one-at-a-time';
  readonly #emit: (event: AgentEvent<'queue_update'>) => void;
  #steering: readonly UserMessage[] = [];
  #followUp: readonly UserMessage[] = [];
  #onSteer: () => void = () => {};

  constructor(emit: (event: AgentEvent<'queue_update'>) => void) {
    this.#emit = emit;
  }

  get steering(): readonly string[] {
    return this.#steering.map(({ message }) => message);
  }

  get followUp(): readonly string[] {
    return this.#followUp.map(({ message }) => message);
  }

  /** @throws AgentStateError when too many wait. */
  steer(message: UserMessage): void {
    this.#steering = added(this.#steering, message);
    this.#tell();
    this.#onSteer();
  }

  /** @throws AgentStateError when too many wait. */
  queueFollowUp(message: UserMessage): void {
    this.#followUp = added(this.#followUp, message);
    this.#tell();
  }

  /** What is to be heard now: before anything else, or, when there is nothing of that, afterwards. All of it or the oldest, as its mode says. */
  take(): readonly UserMessage[] {
    return this.#steering.length > 0 ? this.takeSteering() : this.#takeFollowUp();
  }

  /** What is to be heard before anything else. */
  takeSteering(): readonly UserMessage[] {
    const taken = taking(this.#steering, this.steeringMode);
    this.#steering = this.#steering.slice(taken.length);
    if (taken.length > 0) this.#tell();
    return taken;
  }

  /** Resolves when something is to be heard. One may wait at a time. */
  async steered(): Promise<void> {
    if (this.#steering.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#onSteer = resolve;
    });
  }

  /** Drops everything. */
  clear(): void {
    if (this.#steering.length + this.#followUp.length === 0) return;
    this.#steering = [];
    this.#followUp = [];
    this.#tell();
  }

  #takeFollowUp(): readonly UserMessage[] {
    const taken = taking(this.#followUp, this.followUpMode);
    this.#followUp = this.#followUp.slice(taken.length);
    if (taken.length > 0) this.#tell();
    return taken;
  }

  #tell(): void {
    this.#emit({ type: 'queue_update', steering: this.steering, followUp: this.followUp });
  }
}

function taking(queue: readonly UserMessage[], mode: QueueMode): readonly UserMessage[] {
  return mode === 'all' ? queue : queue.slice(0, 1);
}

function added(queue: readonly UserMessage[], message: UserMessage): readonly UserMessage[] {
  if (queue.length >= MAX_QUEUED) throw new AgentStateError(`Cannot queue message: ${MAX_QUEUED} wait already`);
  return [...queue, message];
}
