import type { Clock } from './clock.ts';
import type { PtyEvent, PtyEventBody, PtyLabels, Unsubscribe } from './events.ts';
import { Listeners } from './listeners.ts';
import { type PtyState, type PtyStateEvent, PtyStateMachine, type PtyTransition } from './pty-state.ts';

/**
 * What a PTY tells of itself: its state, and events that carry its labels, its times and the command that caused them, in
 * order to everybody.
 */
export class PtyLife {
  readonly createdAt: string = new Date().toISOString();
  readonly #labels: () => PtyLabels;
  readonly #clock: Clock;
  readonly #machine: PtyStateMachine;
  readonly #listeners = new Listeners<PtyEvent>();
  #updatedAt = this.createdAt;
  #stopped = false;

  constructor(labels: () => PtyLabels, clock: Clock) {
    this.#labels = labels;
    this.#clock = clock;
    this.#machine = new PtyStateMachine(labels().ptyId, clock.now);
  }

  get state(): PtyState {
    return this.#machine.state;
  }

  /** The last transitions, oldest first, at most ten. */
  get history(): readonly PtyTransition[] {
    return this.#machine.history;
  }

  /** When the state or the size last changed, RFC 3339. */
  get updatedAt(): string {
    return this.#updatedAt;
  }

  /** How many calls of listeners ended in an exception or a rejection. */
  get listenerFailures(): number {
    return this.#listeners.failures;
  }

  onEvent(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** Applies an event to the state and tells of the transition. @throws InvalidTransitionError; nothing is told then. */
  apply(event: PtyStateEvent, correlationId?: string): void {
    const { from, to } = this.#machine.apply(event);
    this.tell({ type: 'pty.state.changed', from, to, cause: event }, correlationId);
  }

  /** Tells everybody; after `pty.stopped`, which is the last event, nobody. */
  tell(body: PtyEventBody, correlationId?: string): void {
    if (this.#stopped) return;
    this.#stopped = body.type === 'pty.stopped';
    const ts = new Date().toISOString();
    if (body.type === 'pty.state.changed' || body.type === 'pty.resized') this.#updatedAt = ts;
    this.#listeners.emit({
      ...body,
      ...this.#labels(),
      timestamp: this.#clock.now(),
      ts,
      ...(correlationId !== undefined && { correlationId }),
    });
  }
}
