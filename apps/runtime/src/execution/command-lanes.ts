import type { ProtocolFault } from '@sessiond/protocol';
import { type Clock, type Hold, KeyedMutex, monotonicNow, type Refusal } from '@sessiond/resilience';
import { type AdmissionObserver, unobservedAdmission } from '../admission/admission-observer.ts';
import type { BulkheadStatus } from '../admission/admission-snapshot.ts';
import type { CommandRefusal } from '../admission/command-refusal.ts';
import { groupDigits } from '../group-digits.ts';

/** How long the lanes are. */
export interface CommandLanesOptions {
  /** Commands that may wait in one lane behind the one that runs. */
  readonly maxWaiting: number;
  /** How long one may wait. */
  readonly maxWaitMs: number;
  /** Default: nobody is told. */
  readonly observer?: AdmissionObserver | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** A command's turn in its lane; the next one gets it when it is released. */
export type Turn = Hold;

/** A lane exists only while a command is in it, and those are bounded elsewhere. */
const MAX_LANES = 1_000_000;

const FULL: ProtocolFault = Object.freeze({
  code: 'QUEUE_FULL',
  message: 'Cannot take the command: too many wait for their turn in the session',
  details: Object.freeze({ bulkhead: 'lane' }),
});

/**
 * The order in which commands run: data commands of one session one at a time, in the order they came. A session's lane exists only while
 * something is in it. The wait is bounded in length and time; who leaves, leaves at once, and the others move up.
 */
export class CommandLanes {
  readonly #mutex: KeyedMutex;
  readonly #observer: AdmissionObserver;
  readonly #now: Clock;
  readonly #tooLate: ProtocolFault;

  constructor({ maxWaiting, maxWaitMs, observer = unobservedAdmission, now = monotonicNow }: CommandLanesOptions) {
    this.#mutex = new KeyedMutex({ name: 'lane', maxQueue: maxWaiting, maxKeys: MAX_LANES, maxWaitMs, now });
    this.#observer = observer;
    this.#now = now;
    this.#tooLate = Object.freeze({
      code: 'TIMEOUT',
      message: `The command waited for its turn in the session for ${groupDigits(maxWaitMs)} ms, the most allowed, and did not run`,
      timedOut: true,
      details: Object.freeze({ started: false }),
    });
  }

  /** The turn, if nothing is in the lane; `undefined` says that there is a wait. */
  enter(laneKey: string): Turn | undefined {
    if (this.#mutex.isHeld(laneKey)) return undefined;
    const answer = this.#mutex.tryAcquire(laneKey);
    return answer.ok ? this.#taken(answer, 0) : undefined;
  }

  /** Waits for the turn behind everything that is in the lane. Aborting the signal ends the wait; the refusal says nothing of it then. */
  async wait(laneKey: string, signal: AbortSignal): Promise<Turn | CommandRefusal> {
    const sinceMs = this.#now();
    const answer = await this.#mutex.acquire(laneKey, { signal });
    if (answer.ok) return this.#taken(answer, this.#now() - sinceMs);
    if (answer.reason !== 'aborted') this.#observer.bulkheadRefused('lane');
    return { ok: false, fault: this.#faultOf(answer) };
  }

  /** Lanes in use, and commands that wait in any of them. */
  snapshot(): BulkheadStatus {
    const { held, waiting } = this.#mutex.snapshot();
    return { name: 'lane', limit: 1, usage: held, waiting };
  }

  /** Tells of a turn that was taken; if that fails it is given back, for nobody has it then. */
  #taken(turn: Turn, waitMs: number): Turn {
    try {
      this.#observer.bulkheadWaited('lane', waitMs);
    } catch (error) {
      turn.release();
      throw error;
    }
    return turn;
  }

  #faultOf({ reason }: Refusal): ProtocolFault {
    return reason === 'waited-too-long' ? this.#tooLate : FULL;
  }
}
