import type { IncomingMessage } from 'node:http';
import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import type { AuditEntry } from '../audit/audit-log.ts';
import { Door, type DoorOptions } from './door.ts';
import { FailureLimiter } from './failure-limiter.ts';
import { TokenAuth } from './token-auth.ts';

const TOKEN = 'a-token-of-thirty-two-characters';
const lines: { level: number; event?: string }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
let refusals: string[];
let audited: AuditEntry[];
let asked: number;

beforeEach(() => {
  lines.length = 0;
  refusals = [];
  audited = [];
  asked = 0;
});

function door(options: Partial<DoorOptions> = {}): Door {
  const tokens = new TokenAuth(TOKEN);
  return new Door({
    provider: {
      authenticate: (request) => {
        asked += 1;
        return tokens.authenticate(request);
      },
    },
    logger,
    remoteAddress: () => '192.0.2.7',
    failures: new FailureLimiter({ failuresPerMinute: 2, now: () => 0 }),
    onRefused: (reason) => refusals.push(reason),
    audit: { record: (entry) => audited.push(entry) },
    ...options,
  });
}

const request = (token?: string) =>
  ({
    url: '/v1/ws?secret',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }) as IncomingMessage;

it('knows who comes, and from where', async () => {
  expect(await door().identify(request(TOKEN))).toMatchObject({
    ok: true,
    principal: { id: 'owner' },
    remoteAddress: '192.0.2.7',
  });
  expect(audited).toEqual([]);
});

it('writes down who was refused, and nothing of what they brought', async () => {
  expect(await door().identify(request('wrong'))).toMatchObject({
    ok: false,
    refusal: { code: 'UNAUTHENTICATED', headers: { 'www-authenticate': 'Bearer' } },
  });
  expect(audited).toEqual([
    { event: 'refused', reason: 'credentials', code: 'UNAUTHENTICATED', action: '/v1/ws', remoteAddress: '192.0.2.7' },
  ]);
});

it('refuses an address that guesses before the provider is asked, also when it guesses right', async () => {
  const subject = door();
  for (const token of ['a', 'b']) await subject.identify(request(token));
  const limited = await subject.identify(request(TOKEN));
  expect(limited).toMatchObject({ ok: false, refusal: { code: 'RATE_LIMITED' } });
  expect(limited).toHaveProperty('refusal.headers.retry-after', expect.stringMatching(/^[1-9]\d?$/));
  expect(asked).toBe(2);
  expect(refusals).toEqual(['credentials', 'credentials', 'limited']);
});

it('counts every guess, also of many at once under the cover of one and the same credential of another kind', async () => {
  const cover = { 'sec-websocket-protocol': 'sessiond.token.x, sessiond.ticket.x' };
  const provider = { authenticate: async () => ({ ok: false, message: 'no' }) as const };
  const subject = door({ provider });
  const guesses = Array.from({ length: 5 }, (_, number) => {
    const headers = { ...cover, authorization: `Basic guess-${number}` };
    return subject.identify({ url: '/', headers } as unknown as IncomingMessage);
  });
  await Promise.all(guesses);
  expect(refusals.filter((reason) => reason === 'limited')).toHaveLength(3);
});

it('logs only one line about an address that goes on and on', async () => {
  const subject = door();
  for (let number = 0; number < 50; number++) await subject.identify(request(`wrong-${number}`));
  expect(lines.filter(({ event }) => event === 'auth.limited')).toHaveLength(1);
});

it('never keeps out a client that was let in before, nor one that brings nothing', async () => {
  const subject = door();
  await subject.identify(request(TOKEN));
  for (const token of ['a', 'b', 'c']) await subject.identify(request(token));
  expect(await subject.identify(request(TOKEN))).toMatchObject({ ok: true });
  for (let number = 0; number < 5; number++) {
    expect(await subject.identify(request())).toMatchObject({ refusal: { code: 'UNAUTHENTICATED' } });
  }
});

it('says that it is not the fault of the client when the provider fails, and holds it against nobody', async () => {
  const provider = { authenticate: () => Promise.reject(new Error('no directory')) };
  const subject = door({ provider });
  for (let number = 0; number < 10; number++) {
    expect(await subject.identify(request(`token-${number}`))).toMatchObject({
      refusal: { status: 503, code: 'INTERNAL', headers: { 'retry-after': '1' } },
    });
  }
});
