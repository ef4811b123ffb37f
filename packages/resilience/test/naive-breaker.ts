import type { BreakerOptions, BreakerState, BreakerTransition, Outcome, TransitionReason } from '@sessiond/resilience';

interface Options extends BreakerOptions {
  readonly windowMs: number;
  readonly slowMs: number;
  readonly minimumCalls: number;
  readonly openMs: number;
  readonly openFactor: number;
  readonly maxOpenMs: number;
  readonly quietMs: number;
  readonly probes: number;
  readonly probeTimeoutMs: number;
}

export interface NaiveCall {
  readonly epoch: number;
  readonly startedAt: number;
  endedAt: number | undefined;
  outcome: Outcome | 'cancelled' | undefined;
  slow: boolean;
  late: boolean;
}

/** A breaker as one would explain it: a list of calls, gone through from the beginning for every answer. */
export class NaiveBreaker {
  readonly name: string;
  readonly key: string | null;
  readonly options: Options;
  readonly transitions: BreakerTransition[];
  /** Calls in the order of their admission, and those that are settled in the order of their ends. */
  calls: NaiveCall[] = [];
  settled: NaiveCall[] = [];
  state: BreakerState = 'closed';
  epoch: number = 0;
  openForMs: number;
  openedAt: number = Number.NaN;
  closedAt: number = Number.NEGATIVE_INFINITY;
  refused: number = 0;
  opened: number = 0;

  constructor(options: Options, name: string, key: string | null = null, transitions: BreakerTransition[] = []) {
    this.options = options;
    this.name = name;
    this.key = key;
    this.transitions = transitions;
    this.openForMs = options.openMs;
  }

  /** A call, or how long to wait for one. */
  admit(now: number): NaiveCall | { reason: 'open' | 'probing'; retryAfterMs: number } {
    this.wake(now);
    if (this.state === 'open') {
      this.refused++;
      return { reason: 'open', retryAfterMs: this.openedAt + this.openForMs - now };
    }
    if (this.state === 'halfOpen' && this.#probes().length >= this.options.probes) {
      const freeAt = Math.max(...this.#admittedNow().map((call) => call.startedAt)) + this.options.probeTimeoutMs;
      if (now < freeAt) {
        this.refused++;
        return { reason: 'probing', retryAfterMs: freeAt - now };
      }
      this.#move('halfOpen', 'probe-timeout');
    }
    const call: NaiveCall = {
      epoch: this.epoch,
      startedAt: now,
      endedAt: undefined,
      outcome: undefined,
      slow: false,
      late: false,
    };
    this.calls.push(call);
    return call;
  }

  /** Whether nothing is admitted now. */
  refuses(now: number): boolean {
    if (this.state === 'open') return now < this.openedAt + this.openForMs;
    if (this.state === 'closed' || this.#probes().length < this.options.probes) return false;
    return now < Math.max(...this.#admittedNow().map((call) => call.startedAt)) + this.options.probeTimeoutMs;
  }

  settle(call: NaiveCall, outcome: Outcome, now: number): boolean {
    if (call.outcome !== undefined) return false;
    call.outcome = outcome;
    call.endedAt = now;
    call.slow = this.options.slowMs < Number.POSITIVE_INFINITY && now - call.startedAt >= this.options.slowMs;
    this.settled.push(call);
    call.late = call.epoch !== this.epoch;
    if (call.late) return false;
    if (outcome === 'ignored') return true;
    if (this.state === 'closed') {
      const reason = this.#holds(now, outcome === 'failure');
      if (reason !== undefined) this.#open(now, reason);
    } else if (outcome === 'failure' || call.slow) {
      this.openForMs = Math.min(this.openForMs * this.options.openFactor, this.options.maxOpenMs);
      this.#open(now, outcome === 'failure' ? 'probe-failed' : 'probe-slow');
    } else if (this.#counted().length >= this.options.probes) {
      this.closedAt = now;
      this.#move('closed', 'probes-passed');
    }
    return true;
  }

  cancel(call: NaiveCall): boolean {
    if (call.outcome !== undefined) return false;
    call.outcome = 'cancelled';
    return true;
  }

  trip(now: number, reason: TransitionReason = 'tripped'): void {
    this.#open(now, reason);
  }

  reset(now: number): void {
    this.openForMs = this.options.openMs;
    this.closedAt = now;
    this.#move('closed', 'reset');
  }

  wake(now: number): void {
    if (this.state === 'open' && now >= this.openedAt + this.openForMs) this.#move('halfOpen', 'open-elapsed');
  }

  /** Whether there is nothing that must not be forgotten. */
  isEmpty(now: number): boolean {
    return this.emptyAt() <= now;
  }

  emptyAt(): number {
    if (this.inFlight().length > 0) return Number.POSITIVE_INFINITY;
    const { failureRate, slowRate, windowMs, quietMs, openMs } = this.options;
    if (this.state !== 'closed') {
      const openUntil = this.openedAt + this.openForMs;
      const probed = this.state === 'halfOpen' ? this.#admittedNow().map((call) => call.startedAt) : [];
      return Math.max(openUntil, ...probed) + Math.max(windowMs, quietMs);
    }
    const rates = failureRate !== undefined || slowRate !== undefined;
    const last = this.#counted().findLast((call) => rates || call.outcome === 'failure');
    const recordedUntil = (last?.endedAt ?? Number.NEGATIVE_INFINITY) + windowMs;
    return this.openForMs > openMs ? Math.max(recordedUntil, this.closedAt + quietMs) : recordedUntil;
  }

  inFlight(): NaiveCall[] {
    return this.calls.filter((call) => call.outcome === undefined);
  }

  overdue(now: number): number {
    const slot = (time: number) => Math.floor(time / (this.options.slowMs / 8));
    return this.inFlight().filter((call) => slot(now) - slot(call.startedAt) > 8).length;
  }

  snapshot(now: number): object {
    this.wake(now);
    const { failures, failureRate, slowRate, openMs, quietMs } = this.options;
    const closed = this.state === 'closed';
    const window = this.#window(now);
    const judged = this.settled.filter((call) => call.outcome !== 'ignored');
    return {
      name: this.name,
      key: this.key,
      state: this.state,
      epoch: this.epoch,
      retryAfterMs: this.state === 'open' ? this.openedAt + this.openForMs - now : null,
      openMs: closed && now - this.closedAt >= quietMs ? openMs : this.openForMs,
      inFlight: this.inFlight().length,
      overdue: this.overdue(now),
      recentFailures: failures === undefined ? null : closed ? Math.min(failures, this.#recentFailures(now).length) : 0,
      consecutiveFailures: closed ? this.#inARow(now) : 0,
      window:
        failureRate === undefined && slowRate === undefined
          ? null
          : {
              calls: window.length,
              failures: window.filter((call) => call.outcome === 'failure').length,
              slow: window.filter((call) => call.slow).length,
            },
      probesTaken: this.state === 'halfOpen' ? this.#probes().length : 0,
      probesPassed: this.state === 'halfOpen' ? this.#counted().length : 0,
      successes: judged.filter((call) => call.outcome === 'success').length,
      failures: judged.filter((call) => call.outcome === 'failure').length,
      ignored: this.settled.length - judged.length,
      slow: judged.filter((call) => call.slow).length,
      late: judged.filter((call) => call.late).length,
      refused: this.refused,
      opened: this.opened,
    };
  }

  /** Calls of this epoch that ended well or badly. */
  #counted(): NaiveCall[] {
    return this.settled.filter((call) => call.epoch === this.epoch && call.outcome !== 'ignored');
  }

  #admittedNow(): NaiveCall[] {
    return this.calls.filter((call) => call.epoch === this.epoch);
  }

  #probes(): NaiveCall[] {
    return this.#admittedNow().filter((call) => call.outcome !== 'ignored' && call.outcome !== 'cancelled');
  }

  #window(now: number): NaiveCall[] {
    if (this.state !== 'closed') return [];
    const slot = (time: number) => Math.floor(time / (this.options.windowMs / 10));
    return this.#counted().filter((call) => slot(now) - slot(call.endedAt!) < 10);
  }

  #recentFailures(now: number): NaiveCall[] {
    return this.#counted().filter((call) => call.outcome === 'failure' && now - call.endedAt! < this.options.windowMs);
  }

  #inARow(now: number): number {
    let count = 0;
    let before = now;
    for (const call of this.#counted().reverse()) {
      if (call.outcome === 'success' || before - call.endedAt! >= this.options.windowMs) break;
      before = call.endedAt!;
      count++;
    }
    return count;
  }

  #holds(now: number, failed: boolean): TransitionReason | undefined {
    const { failures, consecutiveFailures, failureRate, slowRate, minimumCalls } = this.options;
    if (failed && failures !== undefined && this.#recentFailures(now).length >= failures) return 'failures';
    if (failed && consecutiveFailures !== undefined && this.#inARow(now) >= consecutiveFailures) {
      return 'consecutive-failures';
    }
    const window = this.#window(now);
    if (window.length < minimumCalls) return undefined;
    const share = (part: NaiveCall[], rate: number | undefined) =>
      rate !== undefined && part.length >= rate * window.length;
    if (
      share(
        window.filter((call) => call.outcome === 'failure'),
        failureRate,
      )
    )
      return 'failure-rate';
    if (
      share(
        window.filter((call) => call.slow),
        slowRate,
      )
    )
      return 'slow-rate';
    return undefined;
  }

  #open(now: number, reason: TransitionReason): void {
    const { openMs, quietMs } = this.options;
    if (this.state === 'closed' && now - this.closedAt >= quietMs) this.openForMs = openMs;
    this.openedAt = now;
    this.opened++;
    this.#move('open', reason);
  }

  #move(to: BreakerState, reason: TransitionReason): void {
    const openMs = to === 'open' ? this.openForMs : null;
    const from = this.state;
    this.state = to;
    this.epoch++;
    this.transitions.push({ name: this.name, key: this.key, from, to, epoch: this.epoch, reason, openMs });
  }
}
