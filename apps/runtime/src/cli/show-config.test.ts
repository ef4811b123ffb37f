import { expect, it } from 'vitest';
import { resolveConfig } from '../config/config.ts';
import { configJson, configTable } from './show-config.ts';

const resolve = (env: Record<string, string>) => resolveConfig({ flags: {}, env, file: null, homeDir: '/home/nobody' });

it('shows every value and where it came from', () => {
  const resolved = resolve({ SESSIOND_MAX_PTYS: '5' });
  expect(configTable(resolved)).toMatch(/^max-ptys +5 +environment$/m);
  expect(configTable(resolved)).toMatch(/^alert-webhook +off +default$/m);
  expect(JSON.parse(configJson(resolved))).toContainEqual({
    option: 'maxPtys',
    value: 5,
    origin: 'environment',
    flag: '--max-ptys',
    environment: 'SESSIOND_MAX_PTYS',
  });
});

it('does not repeat the URL of the webhook, which may be all that it takes to post there', () => {
  const resolved = resolve({ SESSIOND_ALERT_WEBHOOK: 'https://alerts.example.com/T00/secret' });
  expect(configTable(resolved)).toMatch(/^alert-webhook +\[redacted\] +environment$/m);
  expect(configTable(resolved) + configJson(resolved)).not.toContain('secret');
});
