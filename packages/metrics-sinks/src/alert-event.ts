import type { AlertLevel } from './alert-rule.ts';
import type { AlertEventKind, AlertPhase } from './alert-state.ts';
import type { Labels } from './metric.ts';

/** What people are told of an alert, as plain JSON. */
export interface AlertEvent {
  readonly kind: AlertEventKind;
  /** Name of the rule. */
  readonly rule: string;
  readonly summary: string;
  readonly metric: string;
  /** Which of the instances of the rule; empty without `by`. */
  readonly labels: Labels;
  /** What the alert is from now on; `null` if it does not fire. */
  readonly level: AlertLevel | null;
  readonly previousLevel: AlertLevel | null;
  readonly phase: AlertPhase;
  readonly previousPhase: AlertPhase;
  /** What was found; `null` if there was nothing. */
  readonly value: number | null;
  /** When, on the clock of the ticks. */
  readonly at: number;
  /** When, for people: ISO 8601 in UTC. */
  readonly time: string;
  /** Since when the alert has fired, in milliseconds; 0 if it does not. */
  readonly activeMs: number;
}

/** Somebody who is told what happens to alerts. */
export interface AlertHandler {
  /** What to be told of; {@link ALERT_NOTICES} by default. */
  readonly kinds?: readonly AlertEventKind[];
  /** Takes one event and returns soon. A throw or a rejection is counted by the sink and keeps nobody else from being told. */
  handle(event: AlertEvent): unknown;
}

/** What people have to know: a level is reached, changes, goes on, is over. The other kinds say how it came to that. */
export const ALERT_NOTICES: readonly AlertEventKind[] = Object.freeze([
  'firing',
  'escalated',
  'deescalated',
  'repeated',
  'resolved',
] as const);
