import { type AlertLevel, isBeyond, isClear, type ResolvedAlertRule } from './alert-rule.ts';

/** Where an alert is between two ticks; see {@link step}. */
export type AlertPhase = 'inactive' | 'pending' | 'firing' | 'recovering';

/** What happened to an alert; see {@link step}. */
export type AlertEventKind =
  | 'pending'
  | 'cancelled'
  | 'firing'
  | 'escalated'
  | 'deescalated'
  | 'repeated'
  | 'recovering'
  | 'relapsed'
  | 'resolved';

/** All that an alert remembers from tick to tick, as plain JSON. */
export interface AlertState {
  readonly phase: AlertPhase;
  /** The level that is reached; `null` while inactive or pending. */
  readonly level: AlertLevel | null;
  /** When the phase began. */
  readonly since: number;
  /** When it began to fire; `null` while inactive or pending. */
  readonly activeSince: number | null;
  /** When it was last told to fire at some level; `null` while inactive or pending. */
  readonly toldAt: number | null;
  /** When the value was last looked at; `null` if there was none. What passes from there is observed. */
  readonly observedAt: number | null;
  /**
   * For each threshold of the rule how long the value has been observed on its other side without a break: beyond one that is not reached, clear of
   * one that is. `null` where it is not.
   */
  readonly heldMs: readonly (number | null)[];
}

/** What one tick did to an alert: at most one thing. */
export interface AlertTransition {
  readonly kind: AlertEventKind;
  readonly phase: AlertPhase;
  readonly previousPhase: AlertPhase;
  readonly level: AlertLevel | null;
  readonly previousLevel: AlertLevel | null;
}

/** An alert after a tick. */
export interface AlertStep {
  readonly state: AlertState;
  /** What happened, or `null`. */
  readonly transition: AlertTransition | null;
}

/** An alert that nothing is known of yet. */
export function initialAlertState(now: number): AlertState {
  return {
    phase: 'inactive',
    level: null,
    since: now,
    activeSince: null,
    toldAt: null,
    observedAt: null,
    heldMs: [],
  };
}

/**
 * Takes an alert one tick further; pure and total: same arguments, same answer, and it never throws.
 *
 * ```
 *            beyond a level             for forMs              clear of the lowest level
 *  inactive ────────────────▶ pending ────────────▶ firing ◀──────────────────────────▶ recovering
 *     ▲ ◀──────────────────── cancelled       escalated, deescalated,        relapsed       │
 *     │                                             repeated                                │ for keepMs
 *     └──────────────────────────────────── resolved ───────────────────────────────────────┘
 * ```
 * Each level is reached when the value has been beyond it for `forMs`, and over when the value has been clear of it for `keepMs`; in between it
 * stays what it was. The alert has the worst level that is reached. With `forMs` 0 nothing is ever pending, with `keepMs` 0 nothing recovering.
 *
 * Time counts from one look at a value to the next, unless more than `maxGapMs` lie between them or there was no value at one of them.
 * A clock that goes back counts as no time; a `now` that is no finite number is no tick.
 *
 * Exactly one transition is told for every change of phase or level, and one, `repeated`, for every `realertMs` of firing without such a change of
 * level. An alert that gets worse or better while it relapses or recovers is told as `escalated` or `deescalated`, with both phases.
 *
 * @param value `null` or `NaN` if there is none; then `noData` of the rule decides.
 */
export function step(state: AlertState, value: number | null, now: number, rule: ResolvedAlertRule): AlertStep {
  if (!Number.isFinite(now)) return { state, transition: null };
  const seen = value === null || Number.isNaN(value) ? stoodInFor(rule) : value;
  if (isQuiet(state, seen, rule)) return { state, transition: null };
  const moved = seen === null ? { ...state, observedAt: null } : move(state, seen, now, rule);
  const kind = happened(state, moved, now, rule);
  if (kind === null) return { state: moved, transition: null };
  const transition: AlertTransition = {
    kind,
    phase: moved.phase,
    previousPhase: state.phase,
    level: moved.level,
    previousLevel: state.level,
  };
  return { state: TOLD.has(kind) ? { ...moved, toldAt: now } : moved, transition };
}

/** After these, people know the level. */
const TOLD: ReadonlySet<AlertEventKind> = new Set(['firing', 'escalated', 'deescalated', 'repeated']);

/** The value that `noData` puts in the place of a missing one; `null` for none. */
function stoodInFor({ noData, thresholds, direction }: ResolvedAlertRule): number | null {
  if (noData === 'keep') return null;
  if (noData === 'fire') return thresholds[0]!.beyond;
  return direction === 'above' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Whether nothing goes on and nothing begins: what almost every tick finds, and what costs next to nothing. */
function isQuiet(state: AlertState, seen: number | null, { thresholds, direction }: ResolvedAlertRule): boolean {
  return state.phase === 'inactive' && (seen === null || !isBeyond(thresholds[0]!, seen, direction));
}

function move(state: AlertState, value: number, now: number, rule: ResolvedAlertRule): AlertState {
  const { thresholds, direction, forMs, keepMs, maxGapMs } = rule;
  const gapMs = state.observedAt === null ? 0 : now - state.observedAt;
  const observedMs = gapMs > 0 && gapMs <= maxGapMs ? gapMs : 0;
  let reached = thresholds.findIndex(({ level }) => level === state.level) + 1;
  const heldMs = thresholds.map((threshold, index) => {
    const crosses = index < reached ? isClear(threshold, value, direction) : isBeyond(threshold, value, direction);
    if (!crosses) return null;
    const before = state.heldMs[index] ?? null;
    return before === null ? 0 : before + observedMs;
  });
  // Levels are passed one by one but told as one: who is beyond the worst is beyond all, and who is clear of the lowest is clear of all.
  while (reached < thresholds.length && hasHeld(heldMs[reached], forMs)) heldMs[reached++] = null;
  while (reached > 0 && hasHeld(heldMs[reached - 1], keepMs)) heldMs[--reached] = null;

  const crossing = typeof heldMs[0] === 'number';
  const fires = reached > 0;
  const phase = fires ? (crossing ? 'recovering' : 'firing') : crossing ? 'pending' : 'inactive';
  return {
    phase,
    level: thresholds[reached - 1]?.level ?? null,
    since: phase === state.phase ? state.since : now,
    // Never after now: a clock that goes back must not silence reminders until it has caught up.
    activeSince: fires ? Math.min(state.activeSince ?? now, now) : null,
    toldAt: fires && state.toldAt !== null ? Math.min(state.toldAt, now) : null,
    observedAt: now,
    heldMs,
  };
}

function hasHeld(heldMs: number | null | undefined, requiredMs: number): boolean {
  return typeof heldMs === 'number' && heldMs >= requiredMs;
}

function happened(from: AlertState, to: AlertState, now: number, rule: ResolvedAlertRule): AlertEventKind | null {
  if (from.level !== to.level) {
    if (from.level === null) return 'firing';
    if (to.level === null) return 'resolved';
    const rank = (level: AlertLevel) => rule.thresholds.findIndex((threshold) => threshold.level === level);
    return rank(to.level) > rank(from.level) ? 'escalated' : 'deescalated';
  }
  if (from.phase !== to.phase) {
    if (to.phase === 'firing') return 'relapsed';
    return to.phase === 'inactive' ? 'cancelled' : to.phase;
  }
  const due = to.phase === 'firing' && rule.realertMs !== null && to.toldAt !== null;
  return due && now - to.toldAt! >= rule.realertMs! ? 'repeated' : null;
}
