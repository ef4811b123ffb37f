import type { AlertLevel, AlertSnapshot, MetricSink, WebhookAlertSnapshot } from '@sessiond/metrics-sinks';
import type { HealthCheck } from '@sessiond/protocol';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** Records how many alerts fire. */
export function alertRecorder(sink: MetricSink): (alerts: readonly AlertSnapshot[]) => void {
  const firing = sink.upDownCounter(catalogue.alertFiring);
  const levels = {
    info: levelOf(firing.handle({ level: 'info' })),
    warn: levelOf(firing.handle({ level: 'warn' })),
    critical: levelOf(firing.handle({ level: 'critical' })),
  };
  return (alerts) => {
    const counts: Record<AlertLevel, number> = { info: 0, warn: 0, critical: 0 };
    for (const { level } of alerts) if (level !== null) counts[level] += 1;
    levels.info.set(counts.info);
    levels.warn.set(counts.warn);
    levels.critical.set(counts.critical);
  };
}

/** Records what became of the alerts that were to be posted. */
export function deliveryRecorder(sink: MetricSink): (webhook: WebhookAlertSnapshot) => void {
  const deliveries = sink.counter(catalogue.alertDeliveries);
  const delivered = deliveries.handle({ outcome: 'delivered' });
  const failed = deliveries.handle({ outcome: 'failed' });
  const dropped = deliveries.handle({ outcome: 'dropped' });
  return (webhook) => {
    delivered.raiseTo(webhook.delivered);
    failed.raiseTo(webhook.failed);
    dropped.raiseTo(webhook.dropped);
  };
}

/** What `health_check` says about alerts: somebody should look while one fires that is more than information. */
export function alertHealth(alerts: readonly AlertSnapshot[]): HealthCheck {
  const name = 'alerts';
  const firing = alerts.filter(({ level }) => level === 'warn' || level === 'critical');
  if (firing.length === 0) return { name, status: 'ok' };
  const list = firing.map(({ rule, labels, level }) => `${[rule, ...Object.values(labels)].join(' ')} (${level})`);
  return { name, status: 'degraded', message: `Alerts fire: ${list.join(', ')}` };
}
