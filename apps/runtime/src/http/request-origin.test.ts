import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { hostName, isLoopback, urlHost } from './host-name.ts';
import { refuseRequestOrigin } from './request-origin.ts';

const options = { allowOrigin: ['https://term.example.com'], host: 'build-box', checkHost: true };

function refusal(headers: Record<string, string>, checkHost = true): string | null {
  return refuseRequestOrigin({ headers } as unknown as IncomingMessage, { ...options, checkHost });
}

describe('the Host header', () => {
  it.each([
    '127.0.0.1:3141',
    '[::1]:3141',
    'localhost:3141',
    'a.localhost',
    '192.168.1.7:3141',
    'build-box:3141',
    'BUILD-BOX',
    'term.example.com',
  ])('may be %s', (host) => expect(refusal({ host })).toBeNull());

  it.each([
    'rebound.example.net:3141',
    'localhost.example.net',
    'term.example.com.evil.net',
    '127.0.0.1.evil.net',
    '',
    'a b',
    '[::1',
    '127.0.0.1:1@evil.net',
  ])('may not be %j', (host) => expect(refusal({ host })).toContain('Host header'));

  it('says nothing on a Unix socket', () => {
    expect(refusal({ host: 'whatever.example.net' }, false)).toBeNull();
  });
});

describe('the Origin header', () => {
  it.each(['http://127.0.0.1:3141', 'https://127.0.0.1:3141', 'https://term.example.com'])('may be %s', (origin) =>
    expect(refusal({ host: '127.0.0.1:3141', origin })).toBeNull(),
  );

  it.each([
    'http://127.0.0.1:8080',
    'http://localhost:3141',
    'https://evil.net',
    'null',
    'https://term.example.com.evil.net',
    '',
  ])('may not be %j, which is another page', (origin) =>
    expect(refusal({ host: '127.0.0.1:3141', origin })).toContain('--allow-origin'),
  );

  it('must be an allowed one on a Unix socket, where a page can only come through a proxy', () => {
    expect(refusal({ host: 'localhost', origin: 'http://localhost' }, false)).toContain('--allow-origin');
    expect(refusal({ host: 'localhost', origin: 'https://term.example.com' }, false)).toBeNull();
  });
});

describe('names', () => {
  it('are loopback only when they cannot be anything else', () => {
    expect(['127.0.0.1', '127.255.0.9', '::1', '[::1]', 'LOCALHOST'].filter((name) => !isLoopback(name))).toEqual([]);
    expect(
      ['0.0.0.0', '::', '128.0.0.1', '127.evil.net', 'localhost.evil.net', '127.0.0.1.evil.net'].filter(isLoopback),
    ).toEqual([]);
  });

  it('lose their port and case, and stand in URLs', () => {
    expect([hostName('[::1]:80'), hostName('Example:80'), urlHost('::1'), urlHost('10.0.0.1')]).toEqual([
      '[::1]',
      'example',
      '[::1]',
      '10.0.0.1',
    ]);
  });
});
