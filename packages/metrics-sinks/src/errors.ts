/** The `code` of every error that sinks throw. */
export type MetricErrorCode =
  | 'INVALID_METRIC'
  | 'INVALID_LABELS'
  | 'METRIC_CONFLICT'
  | 'INVALID_SINK_OPTION'
  | 'INVALID_ALERT_RULE';

/** What every error of a sink is: an `Error` with a `code` that programs may rely on. All of them are mistakes of the program. */
export interface MetricError extends Error {
  readonly code: MetricErrorCode;
}

/** A descriptor that no sink could keep; nothing was created. */
export class InvalidMetricError extends Error implements MetricError {
  override readonly name = 'InvalidMetricError';
  readonly code = 'INVALID_METRIC';
  /** Name of the metric, as it was given. */
  readonly metric: string;
  /** Field of the descriptor that is wrong. */
  readonly field: string;

  constructor(metric: string, field: string, found: string, allowed: string) {
    super(`Cannot create metric ${metric}: ${field} is ${found}, ${allowed}`);
    this.metric = metric;
    this.field = field;
  }
}

/** Labels that are not those the descriptor names, or values that are not strings. */
export class InvalidLabelsError extends Error implements MetricError {
  override readonly name = 'InvalidLabelsError';
  readonly code = 'INVALID_LABELS';
  readonly metric: string;
  /** The labels this metric has. */
  readonly labelNames: readonly string[];

  constructor(metric: string, found: string, labelNames: readonly string[]) {
    super(`Cannot get series of ${metric}: ${found}, required are strings for ${list(labelNames)}`);
    this.metric = metric;
    this.labelNames = labelNames;
  }
}

/** The name is taken: by the same metric with another shape, or by one that Prometheus would know by the same name. */
export class MetricConflictError extends Error implements MetricError {
  override readonly name = 'MetricConflictError';
  readonly code = 'METRIC_CONFLICT';
  readonly metric: string;
  /** What differs: a field of the descriptor, or `name` for two metrics with one name in Prometheus. */
  readonly field: string;

  constructor(metric: string, field: string, found: string, existing: string) {
    super(`Cannot create metric ${metric}: ${field} is ${found}, ${existing}`);
    this.metric = metric;
    this.field = field;
  }
}

/** A sink or an alert handler was given an option it cannot work with. */
export class InvalidSinkOptionError extends Error implements MetricError {
  override readonly name = 'InvalidSinkOptionError';
  readonly code = 'INVALID_SINK_OPTION';
  readonly option: string;

  constructor(option: string, found: string, allowed: string, attempted = 'create sink') {
    super(`Cannot ${attempted}: ${option} is ${found}, ${allowed}`);
    this.option = option;
  }
}

/** A rule that no alert can follow; nothing was created. */
export class InvalidAlertRuleError extends Error implements MetricError {
  override readonly name = 'InvalidAlertRuleError';
  readonly code = 'INVALID_ALERT_RULE';
  /** Name of the rule, as it was given; empty if it has none. */
  readonly rule: string;
  /** Field of the rule that is wrong, with its path where it lies deeper: `levels.warn`. */
  readonly field: string;

  constructor(rule: string, field: string, found: string, allowed: string) {
    super(`Cannot use alert rule ${JSON.stringify(rule)}: ${field} is ${found}, ${allowed}`);
    this.rule = rule;
    this.field = field;
  }
}

const CODES: readonly string[] = [
  'INVALID_METRIC',
  'INVALID_LABELS',
  'METRIC_CONFLICT',
  'INVALID_SINK_OPTION',
  'INVALID_ALERT_RULE',
] satisfies MetricErrorCode[];

/** Whether a caught value is an error of a sink, by its code, so that it also holds across two copies of the package. */
export function isMetricError(value: unknown): value is MetricError {
  return value instanceof Error && 'code' in value && typeof value.code === 'string' && CODES.includes(value.code);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'no label' : names.join(', ');
}
