import type { ProtocolFault } from '@sessiond/protocol';
import { type Clock, type Hold, KeyedMutex } from '@sessiond/resilience';
import type { CommandRefusal } from '../admission/command-refusal.ts';

/** How long one may wait for another. */
export interface SessionLocksOptions {
  /** Commands that may wait for the one that makes or ends the session. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** Ids are held by commands that run, and those are bounded elsewhere. */
const MAX_IDS = 1_000_000;
/** What to wait before the next try: the end of a program takes about as long. */
const RETRY_MS = 1_000;

const BUSY: ProtocolFault = Object.freeze({
  code: 'SESSION_BUSY',
  message: 'Cannot run the command: others make or end the session with this id',
  retryAfterMs: RETRY_MS,
});

/**
 * One command at a time that makes, loads or ends the session of an id, in the order they came. These stand beside the lanes, because the end of a session does not
 * wait behind its data commands. The wait is bounded in length and time.
 */
export class SessionLocks {
  readonly #mutex: KeyedMutex;

  constructor({ maxWaiting, maxWaitMs, now }: SessionLocksOptions) {
    const clock = now === undefined ? {} : { now };
    this.#mutex = new KeyedMutex({ name: 'session', maxQueue: maxWaiting, maxKeys: MAX_IDS, maxWaitMs, ...clock });
  }

  /** The id, if nobody holds it; `undefined` says that there is a wait. */
  enter(sessionId: string): Hold | undefined {
    if (this.#mutex.isHeld(sessionId)) return undefined;
    const answer = this.#mutex.tryAcquire(sessionId);
    return answer.ok ? answer : undefined;
  }

  /** Waits for the id. Aborting the signal ends the wait; the refusal says nothing of it then. */
  async wait(sessionId: string, signal: AbortSignal): Promise<Hold | CommandRefusal> {
    const answer = await this.#mutex.acquire(sessionId, { signal });
    return answer.ok ? answer : { ok: false, fault: BUSY };
  }
}
