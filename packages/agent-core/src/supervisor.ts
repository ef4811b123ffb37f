import { Breaker, type Permit } from '@sessiond/resilience';
import type { AgentProcess, AgentProcessExit } from './agent-process.ts';
import { checkedDelay, checkedInteger } from './check-options.ts';
import { type Clock, systemClock } from './clock.ts';
import { AgentFailedError, isAgentError } from './errors.ts';

const DEFAULTS = Object.freeze({
  firstDelayMs: 250,
  maxDelayMs: 30_000,
  stableMs: 60_000,
  maxFailures: 5,
  failureWindowMs: 300_000,
});

const BACKOFF_FACTOR = 2;

/** What a supervisor needs to know of a process. */
export type SupervisedProcess = Pick<AgentProcess, 'exited' | 'kill'>;

/** That a process is started again. */
export interface Restarting {
  /** 1 for the first since the process was last stable. */
  readonly attempt: number;
  /** How long it waits before. */
  readonly delayMs: number;
  /** How the process ended, or the one before it if it did not come up. */
  readonly exit: AgentProcessExit;
  /** Whether somebody asked for the end of the process. */
  readonly requested: boolean;
}

/** How a process is started again, and who is told. None of the listeners throws. */
export interface SupervisorOptions<P extends SupervisedProcess> {
  /**
   * Starts the process and resolves once it can work, with what it worked on taken up again; `attempt` is 0 the first time. When it rejects nothing is left behind.
   * Aborting the signal takes the attempt back whole.
   */
  readonly start: (attempt: number, signal: AbortSignal) => Promise<P>;
  readonly onRestarting?: (restarting: Restarting) => void;
  readonly onRestarted?: (process: P, attempt: number) => void;
  /** It died too often, or cannot be started: it will not be tried again. `exit` is how it ended last. */
  readonly onGivenUp?: (error: Error, exit: AgentProcessExit) => void;
  /** Wait before the first restart, doubled for each further one. Default 250. */
  readonly firstDelayMs?: number;
  /** The longest wait. Default 30,000. */
  readonly maxDelayMs?: number;
  /** A process that lived so long was well: its end counts as no failure, and waits begin anew. Default 60,000. */
  readonly stableMs?: number;
  /** So many failures within `failureWindowMs` and it is given up; at least 1. Default 5. */
  readonly maxFailures?: number;
  /** Default 300,000. */
  readonly failureWindowMs?: number;
  readonly clock?: Clock;
}

/** The state of a supervisor as plain JSON. */
export interface SupervisorSnapshot {
  readonly state: 'new' | 'starting' | 'up' | 'restarting' | 'over';
  /** Times the process came up again. */
  readonly restarts: number;
  /** Ends that nobody asked for. */
  readonly crashes: number;
  readonly lastExit?: AgentProcessExit;
}

/**
 * Keeps a process alive: starts it again when it ends, with waits that double, and gives up one that keeps dying.
 *
 * ```
 *        begin()            end of the process            breaker open
 *  new ──────────→ up ────────────────────────→ restarting ─────────────→ over
 *                  ↑ └── stop() → over            │ ↑ │ start rejects
 *                  └──────────────────────────────┘ └─┘
 * ```
 * Whether to go on is asked of a breaker: each life of the process is a call, a short one a failure, and nothing tries again once it is open. One timer while it
 * waits, which does not keep the process alive.
 */
export class Supervisor<P extends SupervisedProcess> {
  readonly #options: SupervisorOptions<P>;
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #stableMs: number;
  readonly #clock: Clock;
  readonly #breaker: Breaker;
  /** Aborted when it is over. */
  readonly #lifetime = new AbortController();
  #state: SupervisorSnapshot['state'] = 'new';
  #process: P | undefined;
  #permit: Permit | undefined;
  #upSince = 0;
  #endRequested = false;
  #attempt = 0;
  #restarts = 0;
  #crashes = 0;
  #lastExit: AgentProcessExit | undefined;
  #cancelWait: () => void = () => {};

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: SupervisorOptions<P>) {
    const action = 'create supervisor';
    this.#options = options;
    this.#firstDelayMs = checkedDelay(action, 'firstDelayMs', options.firstDelayMs ?? DEFAULTS.firstDelayMs);
    this.#maxDelayMs = checkedDelay(action, 'maxDelayMs', options.maxDelayMs ?? DEFAULTS.maxDelayMs);
    this.#stableMs = checkedDelay(action, 'stableMs', options.stableMs ?? DEFAULTS.stableMs);
    this.#clock = options.clock ?? systemClock;
    this.#breaker = new Breaker({
      name: 'agent-process',
      failures: checkedInteger(action, 'maxFailures', options.maxFailures ?? DEFAULTS.maxFailures, 1),
      windowMs: checkedInteger(action, 'failureWindowMs', options.failureWindowMs ?? DEFAULTS.failureWindowMs, 1),
      now: () => this.#clock.now(),
    });
  }

  /** The process that works; `undefined` before {@link begin}, while it is started again, and when it is over. */
  get process(): P | undefined {
    return this.#process;
  }

  /**
   * Starts the process for the first time. Once only. A failure is told to the caller alone, and is not tried again.
   * @throws what `start` rejects with, and the signal's reason.
   */
  async begin(signal: AbortSignal): Promise<P> {
    this.#state = 'starting';
    this.#takePermit();
    try {
      const process = await this.#start(0, AbortSignal.any([signal, this.#lifetime.signal]));
      this.#watch(process);
      return process;
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Says that the process which runs now is about to be ended on purpose: that is no failure, and it is started again without a wait. */
  expectEnd(): void {
    this.#endRequested = this.#process !== undefined;
  }

  /** Starts it no more; what runs is left to the caller, and what comes up late is killed. Idempotent. @returns what runs. */
  stop(): P | undefined {
    this.#state = 'over';
    this.#cancelWait();
    this.#lifetime.abort(new AgentFailedError('Cannot start agent process: its supervisor was stopped'));
    return this.#process;
  }

  /** State and totals as plain JSON. */
  snapshot(): SupervisorSnapshot {
    return {
      state: this.#state,
      restarts: this.#restarts,
      crashes: this.#crashes,
      ...(this.#lastExit !== undefined && { lastExit: this.#lastExit }),
    };
  }

  async #start(attempt: number, signal: AbortSignal): Promise<P> {
    signal.throwIfAborted();
    const process = await this.#options.start(attempt, signal);
    if (!signal.aborted) return process;
    process.kill();
    throw signal.reason;
  }

  #watch(process: P): void {
    this.#state = 'up';
    this.#process = process;
    this.#upSince = this.#clock.now();
    void process.exited.then((exit) => this.#ended(exit));
  }

  #ended(exit: AgentProcessExit): void {
    const requested = this.#endRequested;
    const stable = this.#clock.now() - this.#upSince >= this.#stableMs;
    this.#process = undefined;
    this.#endRequested = false;
    this.#lastExit = exit;
    if (this.#state === 'over') return;
    if (requested) {
      this.#permit?.cancel();
    } else {
      this.#crashes += 1;
      this.#permit?.settle(stable ? 'success' : 'failure');
    }
    if (stable) this.#attempt = 0;
    this.#startAgain(exit, requested);
  }

  #startAgain(exit: AgentProcessExit, requested: boolean): void {
    if (!this.#takePermit()) {
      this.#giveUp(new AgentFailedError('Cannot start agent process again: it ended too often in a short time'), exit);
      return;
    }
    const delayMs = requested ? 0 : Math.min(this.#firstDelayMs * BACKOFF_FACTOR ** this.#attempt, this.#maxDelayMs);
    this.#attempt += 1;
    this.#state = 'restarting';
    this.#options.onRestarting?.({ attempt: this.#attempt, delayMs, exit, requested });
    if (this.#isOver()) return;
    this.#cancelWait = this.#clock.after(delayMs, () => void this.#tryAgain(exit), { background: true });
  }

  async #tryAgain(exit: AgentProcessExit): Promise<void> {
    let process: P;
    try {
      process = await this.#start(this.#attempt, this.#lifetime.signal);
    } catch (error) {
      this.#failed(error, exit);
      return;
    }
    this.#restarts += 1;
    this.#watch(process);
    this.#options.onRestarted?.(process, this.#attempt);
  }

  /** It did not come up again. */
  #failed(error: unknown, exit: AgentProcessExit): void {
    if (this.#isOver()) return;
    this.#permit?.settle('failure');
    if (isHopeless(error)) this.#giveUp(error, exit);
    else this.#startAgain(exit, false);
  }

  #takePermit(): boolean {
    const answer = this.#breaker.tryAcquire();
    this.#permit = answer.ok ? answer : undefined;
    return answer.ok;
  }

  #giveUp(error: Error, exit: AgentProcessExit): void {
    this.stop();
    this.#options.onGivenUp?.(error, exit);
  }

  /** Asked anew after whoever was told may have called `stop`. */
  #isOver(): boolean {
    return this.#state === 'over';
  }
}

/** Whether trying again changes nothing. */
function isHopeless(error: unknown): error is Error {
  return isAgentError(error) && (error.code === 'agent-unavailable' || error.code === 'agent-input');
}
