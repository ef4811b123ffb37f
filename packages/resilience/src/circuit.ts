import type { BreakerState, BreakerTransition, TransitionReason } from './breaker-events.ts';
import type { BreakerSettings } from './breaker-settings.ts';
import { FailureTimes } from './failure-times.ts';
import type { Outcome } from './outcome.ts';
import { OutcomeWindow } from './outcome-window.ts';
import { OverdueCalls } from './overdue-calls.ts';
import type { Refusal } from './refusal.ts';

/** The numbers of one state machine, plain JSON. */
export interface CircuitSnapshot {
  readonly name: string;
  readonly key: string | null;
  readonly state: BreakerState;
  readonly epoch: number;
  /** While open: when asking again makes sense. Otherwise `null`. */
  readonly retryAfterMs: number | null;
  /** How long it is open, or would be if it opened now. */
  readonly openMs: number;
  /** Calls that hold a permit, whichever epoch admitted them. */
  readonly inFlight: number;
  /** Those of them that have been running for `slowMs`; see `overdue`. */
  readonly overdue: number;
  /** Failures within the window that count towards `failures`, which is the highest number shown; `null` without this condition. */
  readonly recentFailures: number | null;
  /** Failures in a row, within `consecutiveWindowMs` of each other. */
  readonly consecutiveFailures: number;
  /** What the rates are made of; `null` without a rate to look at. */
  readonly window: { readonly calls: number; readonly failures: number; readonly slow: number } | null;
  /** While half open: probes on their way or done, and those of them that were good. Otherwise 0. */
  readonly probesTaken: number;
  readonly probesPassed: number;
  /** Totals since the beginning. */
  readonly successes: number;
  readonly failures: number;
  readonly ignored: number;
  /** Calls that were slow, whatever else they were; ignored ones are left out. */
  readonly slow: number;
  /** Outcomes that came too late to count. */
  readonly late: number;
  readonly refused: number;
  /** How often it opened. */
  readonly opened: number;
}

/** Told by a circuit of its own change of state. */
export type OnMove = (from: BreakerState, to: BreakerState) => void;

/**
 * The state machine of a breaker: time is an argument that never goes back, and a permit is two numbers that the caller keeps.
 *
 * ```
 *            a condition holds, trip                openMs has passed
 *   closed ───────────────────────────→ open ───────────────────────────→ halfOpen ─┐ probes out
 *     ↑                                  ↑ a bad probe: openMs grows          │  │  ↑  │ for too long
 *     │                                  └────────────────────────────────────┘  │  └──┘
 *     └── every probe good, reset ───────────────────────────────────────────────┘
 * ```
 *
 * Every arrow begins an epoch with an empty window. A call belongs to the epoch that admitted it, and its outcome counts
 * only there. Hooks run last: what they see, and what they call, finds the state as it will stay.
 */
export class Circuit {
  readonly #settings: BreakerSettings;
  readonly #key: string | null;
  readonly #onMove: OnMove | undefined;
  readonly #failureTimes: FailureTimes | undefined;
  readonly #window: OutcomeWindow | undefined;
  readonly #overdueCalls: OverdueCalls | undefined;

  #state: BreakerState = 'closed';
  #epoch = 0;
  // Times begin as doubles: a field that begins as an integer makes every object change its shape later.
  /** Closed: since when. Open: until when. Half open: when the last probe began, or until when it was open. */
  #at: number = Number.NEGATIVE_INFINITY;
  #openForMs: number = Number.NaN;
  /** When an outcome last counted towards a condition; while failures are in a row, that was the last of them. */
  #lastRecordAt: number = Number.NEGATIVE_INFINITY;
  #probesTaken = 0;
  #probesPassed = 0;
  #consecutiveFailures = 0;
  #inFlight = 0;
  #successes = 0;
  #failures = 0;
  #ignored = 0;
  #slow = 0;
  #late = 0;
  #refused = 0;
  #opened = 0;

  /** `onMove` is told of every change of state at once, before any hook. */
  constructor(settings: BreakerSettings, key: string | null, onMove?: OnMove) {
    this.#settings = settings;
    this.#key = key;
    this.#onMove = onMove;
    this.#openForMs = settings.openMs;
    const { failures, failureRate, slowRate, slowMs, windowMs } = settings;
    this.#failureTimes = failures === undefined ? undefined : new FailureTimes(failures, windowMs);
    this.#window = failureRate === undefined && slowRate === undefined ? undefined : new OutcomeWindow(windowMs);
    this.#overdueCalls = slowMs === Number.POSITIVE_INFINITY ? undefined : new OverdueCalls(slowMs);
  }

  get state(): BreakerState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Whether it is open and will be for a while: nothing passes. */
  isShut(now: number): boolean {
    return this.#state === 'open' && now < this.#at;
  }

  /** Whether `admit` would refuse. */
  refuses(now: number): boolean {
    if (this.#state !== 'halfOpen') return this.isShut(now);
    const { probes, probeTimeoutMs } = this.#settings;
    return this.#probesTaken >= probes && now < this.#at + probeTimeoutMs;
  }

  /** Whether `admit` needs to be told the time: while closed it is only for measuring calls. */
  get admitsByTime(): boolean {
    return this.#settings.measures || this.#state !== 'closed';
  }

  /** Whether `settle` needs to be told the time. */
  settlesByTime(outcome: Outcome): boolean {
    return this.#settings.measures || outcome === 'failure' || this.#state !== 'closed';
  }

  /**
   * The time until which there is something to remember: `-Infinity` or past if nothing is, `Infinity` while calls are in
   * flight. What it has measured counts for a window, and failures in a row for theirs. That it was open, and for how long, counts for `quietMs` from when it
   * closed, or else from when a call might have closed it.
   */
  get emptyAt(): number {
    if (this.#inFlight > 0) return Number.POSITIVE_INFINITY;
    const { windowMs, consecutiveWindowMs, quietMs, openMs } = this.#settings;
    if (this.#state !== 'closed') return this.#at + Math.max(windowMs, quietMs);
    const countsMs = this.#consecutiveFailures > 0 ? Math.max(windowMs, consecutiveWindowMs) : windowMs;
    const recordedUntil = this.#lastRecordAt + countsMs;
    return this.#openForMs === openMs ? recordedUntil : Math.max(recordedUntil, this.#at + quietMs);
  }

  /** Whether forgetting it would change what becomes of calls that are on their way, or what was told of its state. */
  get isInUse(): boolean {
    return this.#inFlight > 0 || this.#state !== 'closed';
  }

  /** The epoch that admits a call at this time, which `settle` or `cancel` must be given; or why there is none. */
  admit(now: number): number | Refusal {
    if (this.#state !== 'closed') return this.#admitProbe(now);
    this.#inFlight++;
    this.#overdueCalls?.start(now);
    return this.#epoch;
  }

  /** A call that `epoch` admitted at `startedAt` ended; whether that changed anything. To be called once per call. */
  settle(epoch: number, startedAt: number, now: number, outcome: Outcome): boolean {
    const { slowMs, hooks, hookQueue } = this.#settings;
    const counted = epoch === this.#epoch;
    const slow = this.#overdueCalls !== undefined && now - startedAt >= slowMs;
    this.#leave(startedAt);
    let moved: BreakerTransition | undefined;
    if (outcome === 'ignored') {
      this.#ignored++;
      if (counted && this.#state === 'halfOpen') this.#probesTaken--;
    } else {
      if (outcome === 'failure') this.#failures++;
      else this.#successes++;
      if (slow) this.#slow++;
      if (!counted) this.#late++;
      else if (this.#state === 'closed') moved = this.#judge(now, outcome === 'failure', slow);
      else moved = this.#judgeProbe(now, outcome === 'failure', slow);
    }
    // Held, so that what a hook does about the outcome is told after what the outcome did.
    if (moved !== undefined) hookQueue?.hold();
    if (hooks.onOutcome !== undefined) {
      const event = { name: this.#settings.name, key: this.#key, outcome, durationMs: now - startedAt, slow, counted };
      hookQueue?.tell(hooks.onOutcome, event);
    }
    if (moved !== undefined) {
      this.#tell(moved);
      hookQueue?.release();
    }
    return counted;
  }

  /** A call that `epoch` admitted at `startedAt` did not take place. To be called instead of `settle`. */
  cancel(epoch: number, startedAt: number): void {
    this.#leave(startedAt);
    if (epoch === this.#epoch && this.#state === 'halfOpen') this.#probesTaken--;
  }

  /** Opens, from whatever state. */
  trip(now: number, reason: TransitionReason = 'tripped'): void {
    this.#tell(this.#open(now, reason));
  }

  /** Closes, from whatever state, and forgets that the time open has grown. */
  reset(now: number): void {
    this.#openForMs = this.#settings.openMs;
    const moved = this.#close(now, 'reset');
    this.#tell(moved);
  }

  /** How many calls have been running for `slowMs`, by `OverdueCalls`. */
  overdue(now: number): number {
    return this.#overdueCalls?.count(now) ?? 0;
  }

  snapshot(now: number): CircuitSnapshot {
    const moved = this.#state === 'open' && now >= this.#at ? this.#halfOpen('open-elapsed') : undefined;
    this.#window?.advance(now);
    const snapshot: CircuitSnapshot = {
      name: this.#settings.name,
      key: this.#key,
      state: this.#state,
      epoch: this.#epoch,
      retryAfterMs: this.#state === 'open' ? this.#at - now : null,
      openMs: this.#state === 'closed' ? this.#nextOpenMs(now) : this.#openForMs,
      inFlight: this.#inFlight,
      overdue: this.overdue(now),
      recentFailures: this.#failureTimes?.count(now) ?? null,
      consecutiveFailures: this.#inARow(now),
      window:
        this.#window === undefined
          ? null
          : { calls: this.#window.calls, failures: this.#window.failures, slow: this.#window.slow },
      probesTaken: this.#probesTaken,
      probesPassed: this.#probesPassed,
      successes: this.#successes,
      failures: this.#failures,
      ignored: this.#ignored,
      slow: this.#slow,
      late: this.#late,
      refused: this.#refused,
      opened: this.#opened,
    };
    this.#tell(moved);
    return snapshot;
  }

  #admitProbe(now: number): number | Refusal {
    const { probes, probeTimeoutMs } = this.#settings;
    const isOpen = this.#state === 'open';
    if (this.refuses(now)) {
      return isOpen ? this.#refuse('open', this.#at - now) : this.#refuse('probing', this.#at + probeTimeoutMs - now);
    }
    let moved: BreakerTransition | undefined;
    if (isOpen) moved = this.#halfOpen('open-elapsed');
    else if (this.#probesTaken >= probes) moved = this.#halfOpen('probe-timeout');
    const epoch = this.#epoch;
    this.#probesTaken++;
    this.#at = now;
    this.#inFlight++;
    this.#overdueCalls?.start(now);
    this.#tell(moved);
    return epoch;
  }

  #refuse(reason: 'open' | 'probing', retryAfterMs: number): Refusal {
    const { name, hooks, hookQueue } = this.#settings;
    const refusal: Refusal = { ok: false, by: 'breaker', name, reason, retryAfterMs };
    this.#refused++;
    if (hooks.onRefused !== undefined) hookQueue?.tell(hooks.onRefused, { key: this.#key, refusal });
    return refusal;
  }

  #leave(startedAt: number): void {
    this.#inFlight--;
    this.#overdueCalls?.end(startedAt);
  }

  #judge(now: number, failed: boolean, slow: boolean): BreakerTransition | undefined {
    const { failures, failureRate, consecutiveFailures, slowRate, minimumCalls } = this.#settings;
    const window = this.#window;
    this.#consecutiveFailures = failed ? this.#inARow(now) + 1 : 0;
    if (failed || window !== undefined) this.#lastRecordAt = now;
    window?.record(now, failed, slow);
    let reason: TransitionReason | undefined;
    if (failed) {
      if (failures !== undefined && this.#failureTimes!.record(now)) reason = 'failures';
      else if (consecutiveFailures !== undefined && this.#consecutiveFailures >= consecutiveFailures) {
        reason = 'consecutive-failures';
      }
    }
    if (reason === undefined && window !== undefined && window.calls >= minimumCalls) {
      if (failureRate !== undefined && window.failures >= failureRate * window.calls) reason = 'failure-rate';
      else if (slowRate !== undefined && window.slow >= slowRate * window.calls) reason = 'slow-rate';
    }
    return reason === undefined ? undefined : this.#open(now, reason);
  }

  #judgeProbe(now: number, failed: boolean, slow: boolean): BreakerTransition | undefined {
    if (failed || slow) {
      const { openFactor, maxOpenMs } = this.#settings;
      this.#openForMs = Math.min(this.#openForMs * openFactor, maxOpenMs);
      return this.#open(now, failed ? 'probe-failed' : 'probe-slow');
    }
    this.#probesPassed++;
    return this.#probesPassed >= this.#settings.probes ? this.#close(now, 'probes-passed') : undefined;
  }

  #inARow(now: number): number {
    return now - this.#lastRecordAt < this.#settings.consecutiveWindowMs ? this.#consecutiveFailures : 0;
  }

  #nextOpenMs(now: number): number {
    return now - this.#at >= this.#settings.quietMs ? this.#settings.openMs : this.#openForMs;
  }

  #open(now: number, reason: TransitionReason): BreakerTransition {
    if (this.#state === 'closed') this.#openForMs = this.#nextOpenMs(now);
    this.#at = now + this.#openForMs;
    this.#opened++;
    return this.#move('open', reason);
  }

  #halfOpen(reason: TransitionReason): BreakerTransition {
    return this.#move('halfOpen', reason);
  }

  #close(now: number, reason: TransitionReason): BreakerTransition {
    this.#at = now;
    return this.#move('closed', reason);
  }

  #move(to: BreakerState, reason: TransitionReason): BreakerTransition {
    const from = this.#state;
    this.#state = to;
    this.#epoch++;
    this.#probesTaken = 0;
    this.#probesPassed = 0;
    this.#consecutiveFailures = 0;
    this.#lastRecordAt = Number.NEGATIVE_INFINITY;
    this.#failureTimes?.clear();
    this.#window?.clear();
    this.#onMove?.(from, to);
    const openMs = to === 'open' ? this.#openForMs : null;
    return { name: this.#settings.name, key: this.#key, from, to, epoch: this.#epoch, reason, openMs };
  }

  #tell(moved: BreakerTransition | undefined): void {
    if (moved !== undefined) this.#settings.hookQueue?.tell(this.#settings.hooks.onTransition, moved);
  }
}
