import { type AlertEvent, WebhookAlertHandler, type WebhookAlertSnapshot } from '@sessiond/metrics-sinks';
import { Breaker } from '@sessiond/resilience';
import type { Logger } from '../logger.ts';

/** Which daemon an alert is of, since many may post to one place. */
export interface AlertSource {
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

/** What is posted: the event, whose it is, and a sentence, which is all that chat systems read. */
export interface AlertMessage extends AlertEvent {
  readonly text: string;
  readonly source: AlertSource;
}

/** Says an event as it is posted, such as `sessiond on build-1: The event loop is late … (event-loop-delay, firing warn at 0.12)`. */
export function alertMessage(event: AlertEvent, source: AlertSource): AlertMessage {
  const { kind, rule, labels, level, value, summary } = event;
  const who = [rule, ...Object.values(labels)].join(' ');
  const what = level === null ? kind : `${kind} ${level}`;
  const at = value === null ? '' : ` at ${Number(value.toPrecision(3))}`;
  return { text: `sessiond on ${source.host}: ${summary} (${who}, ${what}${at})`, source, ...event };
}

/**
 * Posts alerts. Seven attempts reach over an outage of a minute; after three in a row that failed, most of them only ask a breaker, so
 * that a receiver in trouble gets no more of it.
 */
export function alertWebhook(url: string, source: AlertSource): WebhookAlertHandler {
  const gate = new Breaker({ name: 'alert-webhook', consecutiveFailures: 3 });
  return new WebhookAlertHandler({ url, gate, maxAttempts: 7, format: (event) => alertMessage(event, source) });
}

/** Logs alerts that could not be posted, and why, whenever it is called after that; the URL is not told. */
export function logFailedDeliveries(read: () => WebhookAlertSnapshot, logger: Logger): () => void {
  let known = 0;
  return () => {
    const { failed, lastFailure } = read();
    if (failed === known) return;
    logger.warn({ event: 'alert-webhook', failed: failed - known, reason: lastFailure }, 'alerts could not be posted');
    known = failed;
  };
}
