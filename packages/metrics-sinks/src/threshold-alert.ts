import { ALERT_NOTICES, type AlertEvent, type AlertHandler } from './alert-event.ts';
import type { AlertRule, ResolvedAlertRule } from './alert-rule.ts';
import { InvalidAlertRuleError, InvalidSinkOptionError } from './errors.ts';
import { fanOut } from './fan-out.ts';
import type { LabelBudgetOptions } from './label-budget.ts';
import { MemorySink } from './memory.ts';
import type { CounterDescriptor, GaugeDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from './metric.ts';
import { resolveAlertRule } from './resolve-alert-rule.ts';
import { type AlertSnapshot, type RuleSnapshot, RuleWatch } from './rule-watch.ts';
import type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

/** What a `ThresholdAlertSink` wraps, watches and tells. The label budget is that of a memory of its own, if it needs one. */
export interface ThresholdAlertSinkOptions extends LabelBudgetOptions {
  /** Where every number goes. */
  readonly sink: MetricSink;
  /**
   * The memory in which everything that `sink` gets can be read, if there is one; a `sink` that is a `MemorySink` is found by itself. Without one
   * the metrics that rules name are recorded a second time, into a memory of this sink's own.
   */
  readonly memory?: MemorySink;
  /** Names differ. */
  readonly rules: readonly AlertRule[];
  /** Default none: then only the snapshot tells. */
  readonly handlers?: readonly AlertHandler[];
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** All alerts as plain JSON. */
export interface ThresholdAlertSnapshot {
  /** When the last tick was, `null` before the first. */
  readonly tickedAt: number | null;
  /** Throws and rejections of handlers. */
  readonly handlerFailures: number;
  readonly rules: readonly RuleSnapshot[];
  /** Every alert, also those that do not fire, by rule. */
  readonly alerts: readonly AlertSnapshot[];
}

/** What a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Passes every number on to another sink, and tells when one of them has been too high or too low for too long.
 *
 * Handles of metrics that no rule names are those of the wrapped sink, as are all where its memory can be read: recording then costs nothing more.
 * Rules are looked at by {@link tick}, which their owner calls or {@link start} does, at least once per `maxGapMs` of the rules. A tick runs the
 * collectors of the memory and then reads a few fields for each alert.
 *
 * Bounded by the rules, `maxInstances` of each, and the label budget.
 */
export class ThresholdAlertSink implements MetricSink {
  /** Where rules are looked up: the memory it was given or found, or one of its own with what they name. */
  readonly memory: MemorySink;
  readonly #sink: MetricSink;
  /** Takes what rules name. */
  readonly #watched: MetricSink;
  readonly #names: ReadonlySet<string>;
  readonly #watches: readonly RuleWatch[];
  readonly #handlers: readonly AlertHandler[];
  readonly #now: () => number;
  readonly #untold: AlertEvent[] = [];
  #telling = false;
  #handlerFailures = 0;
  #tickedAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @throws InvalidAlertRuleError if a rule is not valid, or named like another one.
   * @throws InvalidSinkOptionError if `maxLabelSets` is not an integer of at least 0.
   */
  constructor(options: ThresholdAlertSinkOptions) {
    const { sink, handlers = [], now = () => performance.now() } = options;
    const memory = options.memory ?? (sink instanceof MemorySink ? sink : undefined);
    this.#sink = sink;
    this.memory = memory ?? new MemorySink(options);
    this.#watched = memory === undefined ? fanOut([sink, this.memory]) : sink;
    this.#handlers = [...handlers];
    this.#now = now;
    const begin = now();
    this.#watches = distinct(options.rules.map(resolveAlertRule)).map(
      (rule) => new RuleWatch(rule, this.memory, begin),
    );
    this.#names = new Set(this.rules.flatMap(({ metric, over }) => (over === null ? [metric] : [metric, over.metric])));
  }

  /** The rules with their defaults. */
  get rules(): readonly ResolvedAlertRule[] {
    return this.#watches.map(({ rule }) => rule);
  }

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter> {
    return this.#sinkOf(descriptor.name).counter(descriptor);
  }

  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter> {
    return this.#sinkOf(descriptor.name).upDownCounter(descriptor);
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge> {
    return this.#sinkOf(descriptor.name).gauge(descriptor);
  }

  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram> {
    return this.#sinkOf(descriptor.name).histogram(descriptor);
  }

  onCollect(collector: Collector): () => void {
    return this.#watched.onCollect(collector);
  }

  /**
   * Runs the collectors, takes every alert one step further, and tells the handlers what happened, in the order of the rules. After `close` it does
   * nothing.
   *
   * A handler that ticks is told of that afterwards, so that everybody sees every event in the same order.
   *
   * @param now on the clock that was given as `now`, which is asked by default. What is no finite number is no tick.
   */
  tick(now: number = this.#now()): void {
    if (this.#closed || !Number.isFinite(now)) return;
    this.memory.collect();
    this.#tickedAt = now;
    for (const watch of this.#watches) watch.tick(now, this.#untold);
    this.#tell();
  }

  /**
   * Ticks every `intervalMs` from now on, instead of what an earlier `start` said; the timer keeps no process alive. Nothing after `close`.
   *
   * @throws InvalidSinkOptionError unless `intervalMs` is at least 1 and at most half of the smallest `maxGapMs`, so that a late tick counts too.
   */
  start(intervalMs: number): void {
    const longest = Math.min(MAX_TIMER_MS, ...this.#watches.map(({ rule }) => rule.maxGapMs / 2));
    if (!(intervalMs >= 1 && intervalMs <= longest)) {
      const allowed = `allowed are 1 to ${longest} milliseconds, half of the smallest maxGapMs`;
      throw new InvalidSinkOptionError('intervalMs', String(intervalMs), allowed, 'start alerts');
    }
    if (this.#closed) return;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.tick(), intervalMs);
    // Timers of browsers are numbers, and keep nothing alive.
    this.#timer.unref?.();
  }

  /** Ticks no longer. Numbers still pass; handlers belong to who made them. Idempotent. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  snapshot(): ThresholdAlertSnapshot {
    return {
      tickedAt: this.#tickedAt,
      handlerFailures: this.#handlerFailures,
      rules: this.#watches.map((watch) => watch.snapshot()),
      alerts: this.#watches.flatMap((watch) => watch.alerts()),
    };
  }

  #sinkOf(metric: string): MetricSink {
    return this.#names.has(metric) ? this.#watched : this.#sink;
  }

  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    for (let event = this.#untold.shift(); event !== undefined; event = this.#untold.shift()) {
      for (const handler of this.#handlers) this.#hand(event, handler);
    }
    this.#telling = false;
  }

  #hand(event: AlertEvent, handler: AlertHandler): void {
    try {
      if (!(handler.kinds ?? ALERT_NOTICES).includes(event.kind)) return;
      const handled = handler.handle(event);
      if (handled instanceof Promise) handled.catch(() => this.#countFailure());
    } catch {
      this.#countFailure();
    }
  }

  #countFailure(): void {
    this.#handlerFailures++;
  }
}

function distinct(rules: readonly ResolvedAlertRule[]): readonly ResolvedAlertRule[] {
  const names = new Set<string>();
  for (const { name } of rules) {
    if (names.has(name))
      throw new InvalidAlertRuleError(name, 'name', JSON.stringify(name), 'as is that of another rule');
    names.add(name);
  }
  return rules;
}
