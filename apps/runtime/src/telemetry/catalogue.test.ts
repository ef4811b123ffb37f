import { readFileSync } from 'node:fs';
import { type MetricDescriptor, prometheusName, resolveAlertRule, validateMetric } from '@sessiond/metrics-sinks';
import { describe, expect, it } from 'vitest';
import * as catalogue from './catalogue.ts';
import { defaultAlerts } from './default-alerts.ts';

const metrics: readonly MetricDescriptor[] = Object.values(catalogue);
const manual = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');

/** A table of the operations manual, by the comment in front of it. */
function tableOf(name: string): string | undefined {
  return new RegExp(`<!-- ${name}: [^>]* -->\\n([\\s\\S]*?)\\n?<!-- /${name} -->`).exec(manual)?.[1];
}

describe('the catalogue', () => {
  it('has metrics that can live in one sink, also under their Prometheus names', () => {
    for (const metric of metrics) expect(() => validateMetric(metric), metric.name).not.toThrow();
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    expect(new Set(metrics.map(prometheusName)).size).toBe(metrics.length);
  });

  it('explains every metric in one sentence', () => {
    for (const { name, help } of metrics) expect(help, name).toMatch(/^[A-Z0-9][^|]*\.$/);
  });

  it('has no label that could name a session, a connection or a person', () => {
    const labels = new Set(metrics.flatMap(({ labelNames = [] }) => labelNames));
    expect([...labels].sort()).toEqual([
      'backend',
      'breaker',
      'bulkhead',
      'by',
      'code',
      'command',
      'cpu.mode',
      'decision',
      'direction',
      'exit',
      'from',
      'kind',
      'level',
      'limiter',
      'name',
      'nodejs.eventloop.state',
      'outcome',
      'reason',
      'result',
      'scope',
      'state',
      'to',
      'v8js.heap.space.name',
    ]);
  });
});

describe('the operations manual', () => {
  it('says of every default alert when it fires, and what to do then', () => {
    const rows = tableOf('alerts')?.split('\n').slice(2) ?? [];
    const rules = defaultAlerts({ maxConnections: 1000 }).map(resolveAlertRule);
    const alerts = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(alerts.map(([, name, when]) => [name, when])).toEqual(
      rules.map(({ name, metric, reduce, selector, thresholds, forMs }) => {
        const labels = Object.entries(selector).map(([label, value]) => `${label}="${value}"`);
        const of = `\`${metric}${labels.length === 0 ? '' : `{${labels.join(',')}}`}\``;
        const what = reduce === 'rate' ? `${of} per second` : of;
        const levels = thresholds.map(({ level, beyond }) => `${beyond.toLocaleString('en')} ${level}`).join(', ');
        return [`\`${name}\``, `${what}: ${levels}${forMs === 0 ? '' : `; for ${forMs / 1000} s`}`];
      }),
    );
    for (const [, name, , todo] of alerts) expect(todo?.length, name).toBeGreaterThan(40);
  });
});
