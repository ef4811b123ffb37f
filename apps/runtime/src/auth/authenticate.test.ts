import type { IncomingMessage } from 'node:http';
import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import type { AuthProvider } from './auth-provider.ts';
import { authenticate } from './authenticate.ts';

const request = {} as IncomingMessage;
const lines: { level: number }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
beforeEach(() => {
  lines.length = 0;
});

const ask = (provider: AuthProvider['authenticate'], limitMs?: number) =>
  authenticate({ authenticate: provider }, request, logger, limitMs);

it('lets in whom the provider knows, and says of others that it was their credentials', async () => {
  const principal = { id: 'p', scopes: [] };
  expect(await ask(async () => ({ ok: true, principal }))).toEqual({ ok: true, principal });
  expect(await ask(async () => ({ ok: false, message: 'bring a token' }))).toEqual({
    ok: false,
    message: 'bring a token',
    reason: 'credentials',
  });
  expect(lines).toEqual([]);
});

it('waits for a provider only so long, and blames nobody else', async () => {
  expect(await ask(() => new Promise(() => {}), 1)).toMatchObject({ ok: false, reason: 'timeout' });
  expect(lines).toMatchObject([{ level: 40, limitMs: 1 }]);
});

it('lets nobody in when the provider fails, whether it rejects or throws', async () => {
  expect(await ask(() => Promise.reject(new Error('down')))).toMatchObject({ ok: false, reason: 'provider' });
  const broken = (): never => {
    throw new Error('broken');
  };
  expect(await ask(broken)).toMatchObject({ ok: false, reason: 'provider' });
  expect(lines).toMatchObject([
    { level: 50, err: { message: 'down' } },
    { level: 50, err: { message: 'broken' } },
  ]);
});
