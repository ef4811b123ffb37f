import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MetricDescriptor, prometheusLabelName, prometheusName } from '@sessiond/metrics-sinks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as catalogue from '../src/telemetry/catalogue.ts';
import { defaultAlerts } from '../src/telemetry/default-alerts.ts';

const PROMTOOL = '/usr/bin/promtool';
const metrics: readonly MetricDescriptor[] = Object.values(catalogue);

const place = (name: string): string => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url));
const rules = readFileSync(place('prometheus-rules.yml'), 'utf8');
const dashboard = JSON.parse(readFileSync(place('grafana-dashboard.json'), 'utf8')) as {
  panels: { title: string; gridPos: Record<'x' | 'y' | 'w' | 'h', number>; targets?: { expr: string }[] }[];
};
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** What the daemon has under its Prometheus names; a histogram is three. */
const known: ReadonlyMap<string, MetricDescriptor> = new Map(
  metrics.flatMap((metric): [string, MetricDescriptor][] => {
    const name = prometheusName(metric);
    const names = metric.kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    return names.map((each) => [each, metric]);
  }),
);

/** Metrics in a text, each with the labels that are asked for behind it. */
function used(text: string): { name: string; labels: string[] }[] {
  const metric = /\b((?:sessiond|process|nodejs|v8js)_[a-z0-9_]+)(?:\{([^}]*)\})?/g;
  return [...text.matchAll(metric)].map(([, name, selector = '']) => ({
    name: name!,
    labels: [...selector.matchAll(/([a-z_0-9]+)\s*=~?/g)].map(([, label]) => label!),
  }));
}

/** What is asked for and does not exist. */
function unknown(text: string): string[] {
  return used(text).flatMap(({ name, labels }) => {
    const metric = known.get(name);
    if (metric === undefined) return [name];
    const allowed = ['job', 'instance', ...(metric.labelNames ?? []).map(prometheusLabelName)];
    return labels.filter((label) => !allowed.includes(label)).map((label) => `${name}{${label}}`);
  });
}

describe('the dashboard', () => {
  it('asks only for metrics and labels that exist', () => {
    expect(queries.length).toBeGreaterThan(40);
    expect(unknown(queries.join('\n'))).toEqual([]);
    expect(unknown('rate(sessiond_pty_io_bytes{side="x"}[1m]) + sessiond_limit{side="x"}')).toEqual([
      'sessiond_pty_io_bytes',
      'sessiond_limit{side}',
    ]);
  });

  it('has its panels beside each other', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

describe('the rules for Prometheus', () => {
  it('ask only for metrics and labels that exist', () => {
    expect(used(rules).length).toBeGreaterThan(10);
    expect(unknown(rules)).toEqual([]);
  });

  it('have every alert of the daemon, and one for a daemon that is gone', () => {
    const named = new Set([...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name));
    const own = defaultAlerts({ maxConnections: 1 }).map(({ name }) => {
      const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
      return `Sessiond${words.join('')}`;
    });
    expect([...named].sort()).toEqual(['SessiondDown', ...own].sort());
  });
});

describe('promtool', () => {
  let dir: string;
  beforeEach((context) => {
    if (!existsSync(PROMTOOL)) context.skip(`needs ${PROMTOOL}, of the package prometheus`);
    dir = mkdtempSync(join(tmpdir(), 'sessiond-promtool-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function promtool(...args: string[]): string {
    return execFileSync(PROMTOOL, args, { encoding: 'utf8', stdio: 'pipe' });
  }

  it('takes the rules and the scrape configuration', () => {
    expect(promtool('check', 'rules', place('prometheus-rules.yml'))).toContain('SUCCESS');
    expect(promtool('check', 'config', '--syntax-only', place('prometheus-scrape.yml'))).toContain('SUCCESS');
  });

  it('[M06] finds that every rule fires where it should, and none where all is well', () => {
    const cases = fileURLToPath(new URL('prometheus-rules-cases.yml', import.meta.url));
    expect(promtool('test', 'rules', cases)).toContain('SUCCESS');
  });

  it('takes every query of the dashboard', () => {
    const filled = queries.map((query) => query.replaceAll('$__rate_interval', '1m').replaceAll('$', ''));
    const recorded = filled.map((expr, index) => ({ record: `query_${index}`, expr }));
    // JSON is YAML.
    writeFileSync(join(dir, 'queries.yml'), JSON.stringify({ groups: [{ name: 'queries', rules: recorded }] }));
    expect(promtool('check', 'rules', join(dir, 'queries.yml'))).toContain(`${queries.length} rules found`);
  });
});
