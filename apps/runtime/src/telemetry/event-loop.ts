import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How late the event loop was, in seconds. */
export interface EventLoopDelay {
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** The event loop over the last window, and how it has spent its time since the start. */
export interface EventLoopReading {
  readonly delay: EventLoopDelay;
  /** Share of the window that it was busy. */
  readonly utilization: number;
  readonly activeSeconds: number;
  readonly idleSeconds: number;
}

/** How often lateness is measured. The clock ticks outside of JavaScript and does not keep the process alive. */
const RESOLUTION_MS = 20;
/** Long enough for a 99th percentile; short enough that trouble shows while it lasts. */
const WINDOW_MS = 10_000;
const NANOSECONDS = 1e9;

/** How the watch gets at its clock. */
export interface EventLoopWatchOptions {
  /** Default `performance.now`. */
  readonly now?: () => number;
  /** Default: that of the engine. */
  readonly histogram?: IntervalHistogram;
}

/**
 * Watches how late the event loop is. What it tells is of the last whole window of at least ten seconds, however many ask and
 * however often; before the first one is over, of the time since the start.
 */
export class EventLoopWatch {
  readonly #now: () => number;
  readonly #histogram: IntervalHistogram;
  #windowStartMs: number;
  #utilizationBefore = performance.eventLoopUtilization();
  #window: Pick<EventLoopReading, 'delay' | 'utilization'> | undefined;

  constructor({ now = () => performance.now(), histogram }: EventLoopWatchOptions = {}) {
    this.#now = now;
    this.#histogram = histogram ?? monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
    this.#windowStartMs = now();
  }

  read(): EventLoopReading {
    const { active, idle } = performance.eventLoopUtilization();
    const totals = { activeSeconds: active / 1000, idleSeconds: idle / 1000 };
    const isOver = this.#now() - this.#windowStartMs >= WINDOW_MS;
    if (!isOver && this.#window !== undefined) return { ...this.#window, ...totals };
    const { utilization } = performance.eventLoopUtilization(this.#utilizationBefore);
    const window = { delay: delayOf(this.#histogram), utilization };
    if (isOver) {
      this.#window = window;
      this.#histogram.reset();
      this.#utilizationBefore = performance.eventLoopUtilization();
      this.#windowStartMs = this.#now();
    }
    return { ...window, ...totals };
  }

  /** Stops the clock. Idempotent. */
  close(): void {
    this.#histogram.disable();
  }
}

function delayOf(histogram: IntervalHistogram): EventLoopDelay {
  // It records the time between two ticks; only what is beyond the interval is delay. An empty one has no mean.
  const late = (nanoseconds: number): number =>
    histogram.count === 0 ? 0 : Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
  return {
    max: late(histogram.max),
    mean: late(histogram.mean),
    stddev: histogram.count === 0 ? 0 : histogram.stddev / NANOSECONDS,
    p50: late(histogram.percentile(50)),
    p90: late(histogram.percentile(90)),
    p99: late(histogram.percentile(99)),
  };
}
