import { expect, it, test } from 'vitest';
import type { MetricKind } from './metric.ts';
import { prometheusClaims, prometheusFamily, prometheusLabelName, prometheusName } from './names.ts';

const cases: readonly [MetricKind, name: string, unit: string, expected: string][] = [
  ['counter', 'sessiond.pty.io', 'By', 'sessiond_pty_io_bytes_total'],
  ['counter', 'sessiond.breaker.calls', '{call}', 'sessiond_breaker_calls_total'],
  ['counter', 'process.cpu.time', 's', 'process_cpu_time_seconds_total'],
  ['counter', 'sessiond.share', '1', 'sessiond_share_total'],
  ['upDownCounter', 'sessiond.session.count', '{session}', 'sessiond_session_count'],
  ['upDownCounter', 'sessiond.share', '1', 'sessiond_share'],
  ['gauge', 'sessiond.ring.usage', 'By', 'sessiond_ring_usage_bytes'],
  ['gauge', 'nodejs.eventloop.utilization', '1', 'nodejs_eventloop_utilization_ratio'],
  ['gauge', 'nodejs.eventloop.delay.p99', 's', 'nodejs_eventloop_delay_p99_seconds'],
  ['histogram', 'sessiond.command.queue.wait', 's', 'sessiond_command_queue_wait_seconds'],
  ['histogram', 'sessiond.agent.first_token', 'ms', 'sessiond_agent_first_token_milliseconds'],
  ['gauge', 'disk.rate', 'By/s', 'disk_rate_bytes_per_second'],
  ['gauge', 'calls.rate', '{call}/s', 'calls_rate_per_second'],
  ['gauge', 'calls.rate', '1/min', 'calls_rate_per_minute'],
  ['gauge', 'memory.used', 'By{resident}', 'memory_used_bytes'],
  ['gauge', 'disk.bytes', 'By', 'disk_bytes'],
  ['counter', 'disk.bytes', 'By', 'disk_bytes_total'],
  ['gauge', 'megabytes', 'By', 'megabytes_bytes'],
  ['gauge', 'load', '%', 'load_percent'],
  ['gauge', 'field', 'T', 'field_T'],
  ['gauge', 'area', 'm2', 'area_m2'],
  ['gauge', 'pressure', 'm[H2O]', 'pressure_m_H2O'],
  ['gauge', 'odd', 'constructor', 'odd_constructor'],
];

test.each(cases)('a %s %s of %s is %4$s in Prometheus', (kind, name, unit, expected) => {
  expect(prometheusName({ kind, name, unit })).toBe(expected);
  expect(expected).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
});

it('calls the family of a counter by its name without the suffix', () => {
  expect(prometheusFamily({ kind: 'counter', name: 'sessiond.pty.io', unit: 'By' })).toBe('sessiond_pty_io_bytes');
});

it('claims every name that a metric takes in either format', () => {
  expect(prometheusClaims({ kind: 'gauge', name: 'a.b', unit: '{x}' })).toEqual(['a_b']);
  expect(prometheusClaims({ kind: 'counter', name: 'a.b', unit: '{x}' })).toEqual(['a_b', 'a_b_total']);
  expect(prometheusClaims({ kind: 'histogram', name: 'a.b', unit: 's' })).toEqual([
    'a_b_seconds',
    'a_b_seconds_bucket',
    'a_b_seconds_count',
    'a_b_seconds_sum',
  ]);
});

it('writes the dots of a label as underscores', () => {
  expect(prometheusLabelName('exit.code')).toBe('exit_code');
  expect(prometheusLabelName('direction')).toBe('direction');
});
