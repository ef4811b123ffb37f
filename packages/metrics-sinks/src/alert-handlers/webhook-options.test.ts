import { expect, it } from 'vitest';
import { resolveWebhookOptions, type WebhookAlertHandlerOptions } from './webhook-options.ts';

it.each<[Partial<WebhookAlertHandlerOptions>, string]>([
  [{ url: 'ftp://127.0.0.1/secret' }, 'url is ftp:, allowed are http: and https:'],
  [{ url: 'secret' }, 'url is no URL, allowed are http: and https:'],
  [
    { url: 'http://secret@127.0.0.1/' },
    'Cannot create webhook: url is one with credentials, allowed are those without; the header authorization takes them',
  ],
  [
    { headers: { authorization: 'Bearer sec\nret' } },
    'headers is not of HTTP, allowed are names and values that HTTP can carry',
  ],
  [{ deadlineMs: 0 }, 'deadlineMs is 0, allowed are integers from 1 to 2147483647'],
  [{ maxAttempts: 0 }, 'maxAttempts is 0, allowed are integers from 1 to 100'],
  [{ retryMs: -1 }, 'retryMs is -1, allowed are integers from 0 to 2147483647'],
  [{ maxQueue: 1.5 }, 'maxQueue is 1.5, allowed are integers from 0 to 1000000'],
])('refuses %j', (options, message) => {
  expect(() => resolveWebhookOptions({ url: 'http://127.0.0.1/', ...options })).toThrow(message);
});
