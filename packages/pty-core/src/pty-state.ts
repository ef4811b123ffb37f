import { InvalidTransitionError } from './errors.ts';

/** Where a PTY is in its life. `stopped` is terminal. */
export type PtyState = 'idle' | 'spawning' | 'active' | 'throttled' | 'errored' | 'stopped';

/** What moves a PTY from one state to the next. */
export type PtyStateEvent =
  | 'spawn-requested'
  | 'spawn-succeeded'
  | 'spawn-failed'
  | 'idle-timeout'
  | 'output-resumed'
  | 'unexpected-exit'
  | 'graceful-end'
  | 'cleanup';

/** One transition as it happened. */
export interface PtyTransition {
  readonly from: PtyState;
  readonly to: PtyState;
  readonly event: PtyStateEvent;
  /** Milliseconds on the clock given to the state machine. */
  readonly timestamp: number;
}

const TRANSITIONS: Readonly<Record<PtyState, Readonly<Partial<Record<PtyStateEvent, PtyState>>>>> = {
  idle: { 'spawn-requested': 'spawning' },
  spawning: { 'spawn-succeeded': 'active', 'spawn-failed': 'errored' },
  active: { 'idle-timeout': 'throttled', 'unexpected-exit': 'errored', 'graceful-end': 'stopped' },
  throttled: { 'output-resumed': 'active', 'unexpected-exit': 'errored', 'graceful-end': 'stopped' },
  errored: { cleanup: 'stopped' },
  stopped: {},
};

/** The state that follows, or `undefined` when the machine has no such transition. Pure. */
export function nextState(state: PtyState, event: PtyStateEvent): PtyState | undefined {
  return TRANSITIONS[state][event];
}

const HISTORY_LENGTH = 10;

/**
 * The state of one PTY and its last ten transitions.
 *
 * ```
 * idle → spawning → active ⇄ throttled
 *           ↓         ↓  ↘      ↓   ↘
 *        errored ←────┴───╌─────┘    stopped
 *           └──────── cleanup ──────→
 * ```
 */
export class PtyStateMachine {
  readonly #ptyId: string;
  readonly #now: () => number;
  #state: PtyState = 'idle';
  #history: PtyTransition[] = [];

  constructor(ptyId: string, now: () => number = () => performance.now()) {
    this.#ptyId = ptyId;
    this.#now = now;
  }

  get state(): PtyState {
    return this.#state;
  }

  /** The last transitions, oldest first, at most ten. */
  get history(): readonly PtyTransition[] {
    return this.#history;
  }

  /**
   * Applies an event.
   * @throws InvalidTransitionError when the state does not know the event; nothing changes then.
   */
  apply(event: PtyStateEvent): PtyTransition {
    const to = nextState(this.#state, event);
    if (to === undefined) throw new InvalidTransitionError(this.#ptyId, this.#state, event);
    const transition = { from: this.#state, to, event, timestamp: this.#now() };
    this.#state = to;
    this.#history = [...this.#history.slice(1 - HISTORY_LENGTH), transition];
    return transition;
  }
}
