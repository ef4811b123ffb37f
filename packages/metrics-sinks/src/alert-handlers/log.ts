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
 * information. Fields are those of the event under `alert`.
 */
export function logAlertHandler(logger: AlertLogger, kinds?: readonly AlertEventKind[]): AlertHandler {
  const handle = (event: AlertEvent): void => {
    logger[METHODS[event.level ?? 'info']]({ alert: event }, describe(event));
  };
  return kinds === undefined ? { handle } : { handle, kinds };
}

/** `Alert loop-delay{thread="main"} escalated from warn to critical at 1.2: the event loop lags`. */
function describe({ kind, rule, labels, level, previousLevel, value, summary }: AlertEvent): string {
  const of = Object.entries(labels).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
  const who = of.length === 0 ? rule : `${rule}{${of.join(',')}}`;
  const from = previousLevel === null || previousLevel === level ? '' : ` from ${previousLevel}`;
  const to = level === null ? '' : from === '' ? ` ${level}` : ` to ${level}`;
  return `Alert ${who} ${kind}${from}${to} at ${value ?? 'no value'}: ${summary}`;
}
