import type {
  AlertLevel,
  AlertReduce,
  AlertRule,
  AlertThreshold,
  NoDataPolicy,
  ResolvedAlertRule,
  SeriesSelection,
} from './alert-rule.ts';
import { InvalidAlertRuleError } from './errors.ts';

const DEFAULTS = Object.freeze({
  reduce: 'value',
  windowMs: 0,
  maxInstances: 100,
  direction: 'above',
  /** Share of a level that a value must fall back: more than most values waver, less than people would call recovered. */
  hysteresis: 0.1,
  forMs: 0,
  keepMs: 0,
  maxGapMs: 60_000,
  realertMs: null,
  noData: 'keep',
});

const LEVELS: readonly AlertLevel[] = ['info', 'warn', 'critical'];
const REDUCES: readonly string[] = [
  'value',
  'rate',
  'ratio',
  'p50',
  'p90',
  'p95',
  'p99',
] satisfies readonly AlertReduce[];
const DIRECTIONS: readonly string[] = ['above', 'below'];
const NO_DATA: readonly string[] = ['keep', 'resolve', 'fire'] satisfies readonly NoDataPolicy[];
const FIELDS: readonly string[] = [
  'name',
  'metric',
  'selector',
  'summary',
  'reduce',
  'over',
  'windowMs',
  'by',
  'maxInstances',
  'direction',
  'levels',
  'clearBelow',
  'clearAbove',
  'forMs',
  'keepMs',
  'maxGapMs',
  'realertMs',
  'noData',
] satisfies readonly (keyof AlertRule)[];

const SELECTION_FIELDS: readonly string[] = ['metric', 'selector'] satisfies readonly (keyof SeriesSelection)[];

/** Refuses one field of one rule. */
type Refuse = (field: string, found: unknown, allowed: string) => never;

/**
 * Checks a rule and fills in the defaults. Rules may come from a file: types are checked too, and a field that no rule has is refused.
 *
 * @throws InvalidAlertRuleError which names the rule, the field, what was found and what is allowed.
 */
export function resolveAlertRule(rule: AlertRule): ResolvedAlertRule {
  const refuse: Refuse = (field, found, allowed) => {
    throw new InvalidAlertRuleError(typeof rule?.name === 'string' ? rule.name : '', field, shown(found), allowed);
  };
  if (!isRecord(rule)) return refuse('rule', rule, 'required is an object');
  for (const field of Object.keys(rule)) {
    if (!FIELDS.includes(field)) refuse(field, rule[field as keyof AlertRule], `known are ${FIELDS.join(', ')}`);
  }
  const name = text('name', rule.name, refuse);
  const reduce = oneOf<AlertReduce>('reduce', rule.reduce ?? DEFAULTS.reduce, REDUCES, refuse);
  return Object.freeze({
    name,
    summary: text('summary', rule.summary ?? name, refuse),
    ...selection('', rule, refuse),
    reduce,
    over: resolveOver(reduce, rule.over, refuse),
    windowMs: duration('windowMs', rule.windowMs ?? DEFAULTS.windowMs, refuse),
    by: resolveBy(rule.by ?? [], refuse),
    maxInstances: resolveMaxInstances(rule.maxInstances ?? DEFAULTS.maxInstances, refuse),
    direction: oneOf<'above' | 'below'>('direction', rule.direction ?? DEFAULTS.direction, DIRECTIONS, refuse),
    thresholds: resolveThresholds(rule, refuse),
    forMs: duration('forMs', rule.forMs ?? DEFAULTS.forMs, refuse),
    keepMs: duration('keepMs', rule.keepMs ?? DEFAULTS.keepMs, refuse),
    maxGapMs: positiveDuration('maxGapMs', rule.maxGapMs ?? DEFAULTS.maxGapMs, refuse),
    realertMs: rule.realertMs == null ? DEFAULTS.realertMs : positiveDuration('realertMs', rule.realertMs, refuse),
    noData: oneOf<NoDataPolicy>('noData', rule.noData ?? DEFAULTS.noData, NO_DATA, refuse),
  });
}

function resolveThresholds(rule: AlertRule, refuse: Refuse): readonly AlertThreshold[] {
  const { levels, direction = DEFAULTS.direction } = rule;
  // Counted towards what is bad, so that one rule of order serves both directions.
  const sign = direction === 'below' ? -1 : 1;
  const clearField = direction === 'below' ? 'clearAbove' : 'clearBelow';
  const foreignField = direction === 'below' ? 'clearBelow' : 'clearAbove';
  if (rule[foreignField] !== undefined) {
    refuse(foreignField, rule[foreignField], `with direction ${direction} it is ${clearField}`);
  }
  if (!isRecord(levels)) refuse('levels', levels, `required is a number for at least one of ${LEVELS.join(', ')}`);
  const given = LEVELS.filter((level) => levels[level] !== undefined);
  for (const level of Object.keys(levels)) oneOf('levels', level, LEVELS, refuse);
  if (given.length === 0) refuse('levels', levels, `required is a number for at least one of ${LEVELS.join(', ')}`);
  const clears = clearsByLevel(clearField, rule[clearField], given, refuse);

  const thresholds: AlertThreshold[] = [];
  for (const level of given) {
    const lower = thresholds.at(-1);
    const beyond = finite(`levels.${level}`, levels[level], refuse);
    if (lower && sign * beyond < sign * lower.beyond) {
      refuse(`levels.${level}`, beyond, `allowed is ${range(lower.beyond, null, sign)}, where ${lower.level} begins`);
    }
    const nearest = lower ? sign * lower.clear : Number.NEGATIVE_INFINITY;
    const fallback = sign * Math.max(nearest, sign * beyond - DEFAULTS.hysteresis * Math.abs(beyond));
    const clear = clears[level] ?? fallback;
    if (sign * clear > sign * beyond || sign * clear < nearest) {
      const field = typeof rule[clearField] === 'number' ? clearField : `${clearField}.${level}`;
      refuse(field, clear, `allowed is ${range(lower?.clear ?? null, beyond, sign)}`);
    }
    thresholds.push(Object.freeze({ level, beyond, clear }));
  }
  return Object.freeze(thresholds);
}

function clearsByLevel(
  field: 'clearBelow' | 'clearAbove',
  clear: AlertRule['clearBelow'],
  given: readonly AlertLevel[],
  refuse: Refuse,
): Partial<Record<AlertLevel, number>> {
  if (clear === undefined) return {};
  if (!isRecord(clear)) return { [given[0]!]: finite(field, clear, refuse) };
  for (const level of Object.keys(clear)) {
    if (!given.some((known) => known === level)) {
      refuse(field, level, `allowed are the levels of the rule, ${given.join(', ')}`);
    }
    finite(`${field}.${level}`, clear[level as AlertLevel], refuse);
  }
  return clear;
}

/** Says between which numbers one must lie, `harmless` being the end nearer to what is harmless. */
function range(harmless: number | null, bad: number | null, sign: number): string {
  const atMost = sign > 0 ? bad : harmless;
  const atLeast = sign > 0 ? harmless : bad;
  if (atLeast === null) return `at most ${atMost}`;
  return atMost === null ? `at least ${atLeast}` : `${atLeast} to ${atMost}`;
}

function selection(
  path: string,
  { metric, selector = {} }: SeriesSelection,
  refuse: Refuse,
): Required<SeriesSelection> {
  if (!isRecord(selector)) return refuse(`${path}selector`, selector, 'required are strings by label name');
  for (const [label, value] of Object.entries(selector)) {
    if (typeof value !== 'string') refuse(`${path}selector.${label}`, value, 'required is a string');
  }
  return { metric: text(`${path}metric`, metric, refuse), selector: Object.freeze({ ...selector }) };
}

function resolveOver(reduce: AlertReduce, over: unknown, refuse: Refuse): Required<SeriesSelection> | null {
  if (reduce !== 'ratio') {
    return over === undefined ? null : refuse('over', over, `only ratio divides, and reduce is ${reduce}`);
  }
  if (!isRecord(over)) return refuse('over', over, 'required with ratio is what to divide by');
  for (const field of Object.keys(over)) oneOf('over', field, SELECTION_FIELDS, refuse);
  return Object.freeze(selection('over.', over as unknown as SeriesSelection, refuse));
}

function resolveBy(by: readonly string[], refuse: Refuse): readonly string[] {
  if (!Array.isArray(by)) return refuse('by', by, 'required is a list of label names');
  for (const [index, label] of by.entries()) {
    text(`by[${index}]`, label, refuse);
    if (by.indexOf(label) !== index) refuse(`by[${index}]`, label, 'allowed is every label once');
  }
  return Object.freeze([...by]);
}

function resolveMaxInstances(value: number, refuse: Refuse): number {
  if (!Number.isSafeInteger(value) || value < 1) refuse('maxInstances', value, 'allowed are integers of at least 1');
  return value;
}

function text(field: string, value: unknown, refuse: Refuse): string {
  return typeof value === 'string' && value.trim() !== '' ? value : refuse(field, value, 'required is a text');
}

function finite(field: string, value: unknown, refuse: Refuse): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(field, value, 'required is a number');
}

function duration(field: string, value: unknown, refuse: Refuse): number {
  const valid = typeof value === 'number' && Number.isFinite(value) && value >= 0;
  return valid ? value : refuse(field, value, 'allowed are milliseconds of at least 0');
}

function positiveDuration(field: string, value: unknown, refuse: Refuse): number {
  const valid = typeof value === 'number' && Number.isFinite(value) && value > 0;
  return valid ? value : refuse(field, value, 'allowed are milliseconds above 0');
}

function oneOf<T extends string>(field: string, value: unknown, allowed: readonly string[], refuse: Refuse): T {
  const valid = typeof value === 'string' && allowed.includes(value);
  return valid ? (value as T) : refuse(field, value, `allowed are ${allowed.join(', ')}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(found: unknown): string {
  if (typeof found === 'string') return JSON.stringify(found.length > 100 ? `${found.slice(0, 100)}…` : found);
  if (found === undefined) return 'missing';
  if (Array.isArray(found)) return `a list of ${found.length}`;
  return isRecord(found) ? 'an object' : String(found);
}
