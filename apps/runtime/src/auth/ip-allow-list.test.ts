import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { parseAddressList } from './address-list.ts';
import { CompositeAuth } from './composite-auth.ts';
import { IpAllowList } from './ip-allow-list.ts';
import { addressBehind, peerAddress } from './remote-address.ts';

const request = (remoteAddress: string | undefined, forwardedFor?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwardedFor } }) as unknown as IncomingMessage;

describe('an allow-list of addresses', () => {
  const list = new IpAllowList(
    parseAddressList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::ffff:198.51.100.1']),
    peerAddress,
  );

  it.each([
    ['10.255.0.1', true],
    ['::ffff:10.1.2.3', true],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8:ffff::1', true],
    ['2001:db9::1', false],
    ['198.51.100.1', true],
    ['::1', false],
    [undefined, false],
  ])('has something against %s or not: %s', async (address, allowed) => {
    expect(await list.authenticate(request(address))).toMatchObject(
      allowed ? { ok: true } : { ok: false, code: 'FORBIDDEN' },
    );
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '::/129',
    '10.0.0.1/8/8',
    'localhost',
    '::ffff:10.0.0.0/104',
  ])('takes no %j for an address', (text) => {
    expect(() => parseAddressList([text])).toThrow(expect.objectContaining({ code: 'INVALID_ADDRESS' }));
  });
});

describe('the address of a client behind a proxy', () => {
  const remoteAddress = addressBehind(parseAddressList(['127.0.0.0/8', '10.0.0.5']));

  it('is what the proxy added last, whatever the client invented before', () => {
    expect(remoteAddress(request('127.0.0.1', '192.0.2.7'))).toBe('192.0.2.7');
    expect(remoteAddress(request('::ffff:10.0.0.5', '203.0.113.9, 192.0.2.7'))).toBe('192.0.2.7');
    expect(remoteAddress(request('10.0.0.5', '10.0.0.1,::ffff:192.0.2.7'))).toBe('192.0.2.7');
  });

  it('is known also where the proxy adds its port', () => {
    expect(remoteAddress(request('127.0.0.1', '10.0.0.1:80, 192.0.2.7:4000'))).toBe('192.0.2.7');
    expect(remoteAddress(request('127.0.0.1', '[2001:DB8::7]:4000'))).toBe('2001:db8::7');
    expect(remoteAddress(request('127.0.0.1', '[2001:db8::7]'))).toBe('2001:db8::7');
  });

  it('is doubted aloud, once, when somebody else speaks for clients or the proxy does not', () => {
    const doubts: string[] = [];
    const doubted = addressBehind(parseAddressList(['127.0.0.1']), (doubt) => doubts.push(doubt));
    doubted(request('192.0.2.66', undefined));
    doubted(request('127.0.0.1', '192.0.2.7'));
    expect(doubts).toEqual([]);
    for (let number = 0; number < 3; number++) {
      doubted(request('192.0.2.66', '10.0.0.1'));
      doubted(request('127.0.0.1', undefined));
    }
    expect(doubts).toEqual(['untrusted', 'silent']);
  });

  it('is its own when it is no proxy, whatever it says', () => {
    expect(remoteAddress(request('192.0.2.66', '10.0.0.1'))).toBe('192.0.2.66');
  });

  it.each([undefined, '', 'unknown', '192.0.2.7, ', '192.0.2.7:', '[192.0.2.7', '1.2.3:4'])(
    'is not known when the proxy says %j',
    (text) => {
      expect(remoteAddress(request('127.0.0.1', text))).toBeNull();
    },
  );
});

describe('several providers', () => {
  const knows = (id: string) => ({ authenticate: async () => ({ ok: true, principal: { id, scopes: [] } }) as const });
  const agrees = { authenticate: async () => ({ ok: true }) as const };
  const refuses = { authenticate: async () => ({ ok: false, message: 'no' }) as const };

  it('let in whom all of them let in, as the first says who it is', async () => {
    expect(await new CompositeAuth(agrees, knows('first'), knows('second')).authenticate(request('::1'))).toMatchObject(
      {
        ok: true,
        principal: { id: 'first' },
      },
    );
    expect(await new CompositeAuth(knows('first'), refuses).authenticate(request('::1'))).toMatchObject({ ok: false });
    expect(await new CompositeAuth(agrees).authenticate(request('::1'))).toEqual({ ok: true });
  });

  it('are not asked after one of them has refused', async () => {
    const fails = { authenticate: () => Promise.reject(new Error('asked')) };
    expect(await new CompositeAuth(refuses, fails).authenticate(request('::1'))).toMatchObject({ message: 'no' });
  });
});
