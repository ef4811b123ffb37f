import type { AlertEvent, WebhookAlertSnapshot } from '@sessiond/metrics-sinks';
import pino from 'pino';
import { expect, it } from 'vitest';
import { alertMessage, logFailedDeliveries } from './alert-webhook.ts';

const source = { host: 'build-1', pid: 7, version: '1.2.3' };
const event: AlertEvent = {
  kind: 'firing',
  rule: 'breaker-open',
  summary: 'A breaker is open for everybody',
  metric: 'sessiond.breaker.status',
  labels: { breaker: 'spawn' },
  level: 'critical',
  previousLevel: null,
  phase: 'firing',
  previousPhase: 'inactive',
  value: 1.23456,
  at: 1,
  time: '2026-01-01T00:00:00.000Z',
  activeMs: 0,
};

it('says in a sentence which daemon it is, what is wrong, and how bad', () => {
  expect(alertMessage(event, source)).toEqual({
    ...event,
    source,
    text: 'sessiond on build-1: A breaker is open for everybody (breaker-open spawn, firing critical at 1.23)',
  });
  const over = { ...event, kind: 'resolved', level: null, value: null } as const;
  expect(alertMessage(over, source).text).toMatch(/\(breaker-open spawn, resolved\)$/);
});

it('logs alerts that could not be posted, once', () => {
  const lines: object[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  let failed = 0;
  const read = () => ({ failed, lastFailure: 'answered 404' }) as WebhookAlertSnapshot;
  const log = logFailedDeliveries(read, logger);
  log();
  failed = 2;
  log();
  log();
  expect(lines).toMatchObject([{ level: 40, event: 'alert-webhook', failed: 2, reason: 'answered 404' }]);
});
