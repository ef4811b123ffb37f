import type { AlertEvent, AlertHandler } from '../alert-event.ts';
import type { AlertLevel } from '../alert-rule.ts';
import type { AlertEventKind } from '../alert-state.ts';

/** What can write a line with fields: a logger of pino is one, and so is the console. */
export interface AlertLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const METHODS = Object.freeze({ info: 'info', warn: 'warn', critical: 'error' } as const satisfies Record<
  AlertLevel,
  keyof AlertLogger
>);

/**
 * Writes every event of `kinds`, by default what people have to know, as one line: `critical` as an error, `warn` as a warning, the rest as
 * information. What was at least a warning ends as a warning, so that a log which shows that it began shows that it is over. Fields are those of
 * the event under `alert`; the line has the value in six digits.
 */
export function logAlertHandler(logger: AlertLogger, kinds?: readonly AlertEventKind[]): AlertHandler {
  const handle = (event: AlertEvent): void => {
    logger[METHODS[importance(event)]]({ alert: event }, describe(event));
  };
  return kinds === undefined ? { handle } : { handle, kinds };
}

function importance({ level, previousLevel }: AlertEvent): AlertLevel {
  if (level !== null) return level;
  return previousLevel === null || previousLevel === 'info' ? 'info' : 'warn';
}

/** `Alert loop-delay{thread="main"} escalated from warn to critical at 1.2: the event loop lags`. */
function describe({ kind, rule, labels, level, previousLevel, value, summary }: AlertEvent): string {
  const of = Object.entries(labels).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
  const who = of.length === 0 ? rule : `${rule}{${of.join(',')}}`;
  const from = previousLevel === null || previousLevel === level ? '' : ` from ${previousLevel}`;
  const to = level === null ? '' : from === '' ? ` ${level}` : ` to ${level}`;
  return `Alert ${who} ${kind}${from}${to} at ${value === null ? 'no value' : Number(value.toPrecision(6))}: ${summary}`;
}
