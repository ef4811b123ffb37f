import type { BreakerHooks } from './breaker-events.ts';
import { anyError, type Classify } from './classify.ts';
import type { Clock } from './clock.ts';
import { checkInteger, checkNumber, InvalidOptionError } from './errors.ts';
import type { HookQueue } from './observe.ts';

/**
 * How a breaker judges. It opens as soon as one of the conditions that were given holds: `failures`, `failureRate`,
 * `consecutiveFailures`, `slowRate`. If none of the first three is given, five failures within the window open it.
 */
export interface BreakerOptions {
  /** Names it in refusals, events and snapshots; by default `breaker`. */
  readonly name?: string;
  /** How far back it looks; by default 60,000. */
  readonly windowMs?: number;
  /** Opens at so many failures within the window, counted exactly: 1 to 1,000,000. Costs 8 bytes each, once one call has failed. */
  readonly failures?: number;
  /** Opens when at least this share of the calls within the window failed, above 0 up to 1, of `minimumCalls` or more. */
  readonly failureRate?: number;
  /** Opens at so many failures in a row, with no success between them; a failure older than `consecutiveWindowMs` ends the row. */
  readonly consecutiveFailures?: number;
  /** How far apart two failures of a row may end; by default `windowMs`. More than that for calls that may fail only after longer than a window. */
  readonly consecutiveWindowMs?: number;
  /** A call that takes so long or longer is slow, whatever else it is; by default none is. */
  readonly slowMs?: number;
  /** Opens when at least this share of the calls within the window was slow, above 0 up to 1, of `minimumCalls` or more. Needs `slowMs`. */
  readonly slowRate?: number;
  /** Calls within the window below which no rate is looked at; by default 20. */
  readonly minimumCalls?: number;
  /** How long it stays open at first; by default 30,000. */
  readonly openMs?: number;
  /** What the time open is multiplied with each time a probe goes wrong; by default 2. */
  readonly openFactor?: number;
  /** What the time open never exceeds; by default 300,000, or `openMs` if that is more. */
  readonly maxOpenMs?: number;
  /** How long it must have been closed for the time open to be `openMs` again; by default 300,000. With keys, how long that is remembered. */
  readonly quietMs?: number;
  /** Good calls that close it when half open, and the most it lets through until then; by default 2. */
  readonly probes?: number;
  /** How long probes may hold up the recovery before others may start; by default 60,000. */
  readonly probeTimeoutMs?: number;
  /** What `execute` makes of errors and results; by default `anyError`. */
  readonly classify?: Classify;
  /** Monotonic milliseconds; by default `performance.now`. An earlier time than before counts as the same. */
  readonly now?: Clock;
  readonly hooks?: BreakerHooks;
}

const DEFAULTS = Object.freeze({
  name: 'breaker',
  windowMs: 60_000,
  failures: 5,
  minimumCalls: 20,
  openMs: 30_000,
  openFactor: 2,
  maxOpenMs: 300_000,
  quietMs: 300_000,
  probes: 2,
  probeTimeoutMs: 60_000,
});

const NO_HOOKS: BreakerHooks = Object.freeze({});
const ACTION = 'create breaker';
const FOREVER = Number.POSITIVE_INFINITY;
/** 8 MB of times. */
const MAX_FAILURES = 1_000_000;

/** The options of a breaker, checked and complete: one object for all breakers of a kind. */
export class BreakerSettings {
  readonly name: string;
  readonly windowMs: number;
  readonly failures: number | undefined;
  readonly failureRate: number | undefined;
  readonly consecutiveFailures: number | undefined;
  readonly consecutiveWindowMs: number;
  readonly slowMs: number;
  readonly slowRate: number | undefined;
  readonly minimumCalls: number;
  readonly openMs: number;
  readonly openFactor: number;
  readonly maxOpenMs: number;
  readonly quietMs: number;
  readonly probes: number;
  readonly probeTimeoutMs: number;
  readonly classify: Classify;
  readonly hooks: BreakerHooks;
  /** What tells the hooks; `undefined` without any. */
  readonly hookQueue: HookQueue | undefined;
  /** Whether the duration of every call is looked at, or at least when it ended. */
  readonly measures: boolean;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: BreakerOptions, hookQueue: HookQueue | undefined) {
    const { failures, failureRate, consecutiveFailures, slowRate } = options;
    const judgesFailures = [failures, failureRate, consecutiveFailures].some((given) => given !== undefined);
    this.name = options.name ?? DEFAULTS.name;
    this.windowMs = atLeastOne('windowMs', options.windowMs ?? DEFAULTS.windowMs);
    this.failures = count('failures', judgesFailures ? failures : DEFAULTS.failures, MAX_FAILURES);
    this.failureRate = rate('failureRate', failureRate);
    this.consecutiveFailures = count('consecutiveFailures', consecutiveFailures);
    this.consecutiveWindowMs = atLeastOne('consecutiveWindowMs', options.consecutiveWindowMs ?? this.windowMs);
    this.slowMs = options.slowMs ?? FOREVER;
    checkNumber(ACTION, 'slowMs', this.slowMs, 1, FOREVER);
    this.slowRate = rate('slowRate', slowRate);
    if (slowRate !== undefined && options.slowMs === undefined) {
      throw new InvalidOptionError(ACTION, 'slowMs', undefined, 'slowRate needs it');
    }
    this.minimumCalls = options.minimumCalls ?? DEFAULTS.minimumCalls;
    checkInteger(ACTION, 'minimumCalls', this.minimumCalls, 1);
    this.openMs = duration('openMs', options.openMs ?? DEFAULTS.openMs);
    this.openFactor = options.openFactor ?? DEFAULTS.openFactor;
    checkNumber(ACTION, 'openFactor', this.openFactor, 1, Number.MAX_VALUE);
    this.maxOpenMs = options.maxOpenMs ?? Math.max(DEFAULTS.maxOpenMs, this.openMs);
    checkNumber(ACTION, 'maxOpenMs', this.maxOpenMs, this.openMs, Number.MAX_VALUE);
    this.quietMs = duration('quietMs', options.quietMs ?? DEFAULTS.quietMs);
    this.probes = options.probes ?? DEFAULTS.probes;
    checkInteger(ACTION, 'probes', this.probes, 1);
    this.probeTimeoutMs = duration('probeTimeoutMs', options.probeTimeoutMs ?? DEFAULTS.probeTimeoutMs);
    this.classify = options.classify ?? anyError;
    this.hooks = options.hooks ?? NO_HOOKS;
    this.hookQueue = hookQueue;
    this.measures =
      this.slowMs !== FOREVER ||
      failureRate !== undefined ||
      slowRate !== undefined ||
      this.hooks.onOutcome !== undefined;
  }
}

function atLeastOne(option: string, value: number): number {
  checkNumber(ACTION, option, value, 1, Number.MAX_VALUE);
  return value;
}

function duration(option: string, value: number): number {
  checkNumber(ACTION, option, value, 0, Number.MAX_VALUE);
  return value;
}

function count(option: string, value: number | undefined, max?: number): number | undefined {
  if (value !== undefined) checkInteger(ACTION, option, value, 1, max);
  return value;
}

function rate(option: string, value: number | undefined): number | undefined {
  if (value !== undefined) checkNumber(ACTION, option, value, Number.MIN_VALUE, 1);
  return value;
}
