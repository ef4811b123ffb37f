import type { AlertEvent } from './alert-event.ts';
import { AlertReducer, type SeriesReading } from './alert-reducer.ts';
import type { AlertLevel, ResolvedAlertRule, SeriesSelection } from './alert-rule.ts';
import { type AlertPhase, type AlertState, type AlertTransition, initialAlertState, step } from './alert-state.ts';
import type { Labels } from './metric.ts';
import type { MetricReading } from './reading.ts';

/** Where a rule finds its metrics; `MemorySink` is one. */
export interface ReadingSource {
  read(name: string): MetricReading | undefined;
}

/** One alert as plain JSON. */
export interface AlertSnapshot {
  readonly rule: string;
  readonly labels: Labels;
  readonly phase: AlertPhase;
  readonly level: AlertLevel | null;
  /** What the last tick found; `null` if there was nothing. */
  readonly value: number | null;
  /** When the phase began, on the clock of the ticks. */
  readonly since: number;
  /** When it began to fire; `null` if it does not. */
  readonly activeSince: number | null;
}

/** What one rule watches, as plain JSON. */
export interface RuleSnapshot {
  readonly name: string;
  /** Instances that are watched. */
  readonly instances: number;
  /** Instances beyond `maxInstances`. */
  readonly unwatched: number;
  /**
   * Why the rule cannot find a value, if that is so: a metric that nobody made so far, a label it does not have, a kind that does not fit. Or why
   * it cannot reach one of its levels.
   */
  readonly problem: string | null;
}

interface Instance {
  readonly labels: Labels;
  readonly reducer: AlertReducer;
  state: AlertState;
  value: number | null;
}

/**
 * One rule at work: finds the series it is about, and takes the alert of each instance from tick to tick.
 *
 * Series are looked for only when there are more than before; a tick of an alert otherwise reads the fields of its series.
 */
export class RuleWatch {
  readonly rule: ResolvedAlertRule;
  readonly #source: ReadingSource;
  readonly #instances = new Map<string, Instance>();
  #unwatched = 0;
  #problem: string | null = null;
  /** Whether there is everything a value is made of. */
  #complete = false;
  /** Series there were at the last look; -1 while there is no such metric. */
  #seriesSeen = Number.NaN;
  #overSeen = Number.NaN;
  #lookedAt: number;

  /** Begins at `now`: what was counted before is no growth. */
  constructor(rule: ResolvedAlertRule, source: ReadingSource, now: number) {
    this.rule = rule;
    this.#source = source;
    this.#lookedAt = now;
    // Without `by` there is one alert also while there is no series: else no data could not be told.
    if (rule.by.length === 0) this.#instance('{}', {}, now);
    this.#look(now);
    for (const { reducer } of this.#instances.values()) reducer.restart(now);
  }

  /** Takes every alert one tick further, and adds what happened to `events`. */
  tick(now: number, events: AlertEvent[]): void {
    this.#look(now);
    for (const instance of this.#instances.values()) {
      const before = instance.state;
      // Read in any case, so that what is counted meanwhile is not taken for growth later.
      const value = instance.reducer.read(now);
      instance.value = this.#complete ? value : null;
      const { state, transition } = step(before, instance.value, now, this.rule);
      instance.state = state;
      if (transition !== null) {
        events.push(this.#event(transition, instance, now, before.activeSince ?? now));
      }
    }
  }

  snapshot(): RuleSnapshot {
    const { rule } = this;
    return {
      name: rule.name,
      instances: this.#instances.size,
      unwatched: this.#unwatched,
      problem: this.#problem,
    };
  }

  alerts(): AlertSnapshot[] {
    return Array.from(this.#instances.values(), ({ labels, value, state: { phase, level, since, activeSince } }) => ({
      rule: this.rule.name,
      labels,
      phase,
      level,
      value,
      since,
      activeSince,
    }));
  }

  /** Finds series that were not there at the last look. */
  #look(now: number): void {
    const { metric, over } = this.rule;
    const since = this.#lookedAt;
    this.#lookedAt = now;
    const of = this.#source.read(metric);
    const by = over === null ? undefined : this.#source.read(over.metric);
    const seriesSeen = of?.series.length ?? -1;
    const overSeen = by?.series.length ?? -1;
    if (seriesSeen === this.#seriesSeen && overSeen === this.#overSeen) return;
    this.#seriesSeen = seriesSeen;
    this.#overSeen = overSeen;
    const misfit = misfitOf(this.rule, this.rule, of);
    const overMisfit = over && misfitOf(over, this.rule, by);
    this.#complete = misfit === null && overMisfit === null;
    this.#problem = misfit ?? overMisfit ?? unreachable(this.rule, of);
    this.#assign(misfit === null ? of : undefined, overMisfit === null ? by : undefined, since);
  }

  #assign(of: MetricReading | undefined, over: MetricReading | undefined, since: number): void {
    const found = new Map<string, { labels: Labels; of: SeriesReading[]; over: SeriesReading[] }>();
    const collect = (
      reading: MetricReading | undefined,
      { selector }: Required<SeriesSelection>,
      as: 'of' | 'over',
    ) => {
      for (const series of reading?.series ?? []) {
        if (!matches(series.labels, selector)) continue;
        const labels = instanceLabels(series.labels, this.rule.by);
        const key = JSON.stringify(labels);
        const group = found.get(key) ?? { labels, of: [], over: [] };
        found.set(key, group);
        group[as].push(series);
      }
    };
    collect(of, this.rule, 'of');
    if (this.rule.over !== null) collect(over, this.rule.over, 'over');

    const buckets = of?.kind === 'histogram' ? of.descriptor.buckets : [];
    this.#unwatched = 0;
    for (const [key, group] of found) {
      const instance = this.#instance(key, group.labels, since);
      if (instance === undefined) this.#unwatched++;
      else instance.reducer.attach({ of: group.of, over: group.over, buckets }, since);
    }
  }

  /** The instance with these labels, made if there is room for one more. */
  #instance(key: string, labels: Labels, now: number): Instance | undefined {
    const known = this.#instances.get(key);
    if (known !== undefined || this.#instances.size >= this.rule.maxInstances) return known;
    const reducer = new AlertReducer(this.rule);
    const made = { labels: Object.freeze(labels), reducer, state: initialAlertState(now), value: null };
    this.#instances.set(key, made);
    return made;
  }

  #event(transition: AlertTransition, instance: Instance, now: number, activeSince: number): AlertEvent {
    const { name, summary, metric } = this.rule;
    const { kind, level, previousLevel, phase, previousPhase } = transition;
    return {
      kind,
      rule: name,
      summary,
      metric,
      labels: instance.labels,
      level,
      previousLevel,
      phase,
      previousPhase,
      value: instance.value,
      at: now,
      time: new Date().toISOString(),
      activeMs: Math.max(0, now - activeSince),
    };
  }
}

function matches(labels: Labels, selector: Labels): boolean {
  for (const name in selector) {
    if (labels[name] !== selector[name]) return false;
  }
  return true;
}

/** The labels that tell instances apart. The series of the label budget has none of them and is an instance by itself. */
function instanceLabels(labels: Labels, by: readonly string[]): Labels {
  return by.length > 0 && by.every((name) => !Object.hasOwn(labels, name))
    ? { ...labels }
    : Object.fromEntries(by.map((name) => [name, labels[name] ?? '']));
}

/** Says which level a percentile will never reach, as it is never above the last bucket. */
function unreachable(
  { reduce, metric, direction, thresholds }: ResolvedAlertRule,
  reading: MetricReading | undefined,
): string | null {
  if (reading?.kind !== 'histogram' || reduce === 'rate' || reduce === 'ratio' || direction === 'below') return null;
  const highest = reading.descriptor.buckets.at(-1)!;
  const threshold = thresholds.find(({ beyond }) => beyond > highest);
  return threshold === undefined
    ? null
    : `${threshold.level} begins at ${threshold.beyond}, and ${reduce} of ${metric} is at most its last bucket, ${highest}`;
}

/** Says why a rule will never find a value in a metric, or finds none yet. */
function misfitOf(
  { metric, selector }: Required<SeriesSelection>,
  { reduce, by }: ResolvedAlertRule,
  reading: MetricReading | undefined,
): string | null {
  if (reading === undefined) return `${metric} does not exist so far`;
  const { labelNames = [] } = reading.descriptor;
  const foreign = [...Object.keys(selector), ...by].find((label) => !labelNames.includes(label));
  if (foreign !== undefined) return `${metric} has no label ${foreign}`;
  return FITTING[reduce]?.includes(reading.kind)
    ? null
    : `${reduce} cannot be made of ${metric}, whose kind is ${reading.kind}`;
}

const HISTOGRAMS: readonly string[] = ['histogram'];
const GROWING: readonly string[] = ['counter', 'histogram'];
/** The kinds of metric that can be reduced in each way. */
const FITTING: Readonly<Record<ResolvedAlertRule['reduce'], readonly string[]>> = {
  value: ['counter', 'upDownCounter', 'gauge'],
  rate: GROWING,
  ratio: GROWING,
  p50: HISTOGRAMS,
  p90: HISTOGRAMS,
  p95: HISTOGRAMS,
  p99: HISTOGRAMS,
};
