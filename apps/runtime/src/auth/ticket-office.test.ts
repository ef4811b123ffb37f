import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from './auth-provider.ts';
import { TicketAuth } from './ticket-auth.ts';
import { TicketOffice } from './ticket-office.ts';

let now: number;
let office: TicketOffice;
beforeEach(() => {
  now = 0;
  office = new TicketOffice({ ticketMs: 30_000, now: () => now });
});

const ada: Principal = { id: 'ada', scopes: ['sessions:read', 'sessions:write'], sessions: ['ci-*'] };

function issue(principal: Principal = ada, limits: Parameters<TicketOffice['issue']>[1] = {}): string {
  const issued = office.issue(principal, limits);
  if (!issued.ok) throw new Error(issued.fault.code);
  return issued.ticket;
}

describe('a ticket', () => {
  it('lets its maker in once', () => {
    const ticket = issue();
    expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(office.redeem(ticket)).toEqual(ada);
    expect(office.redeem(ticket)).toBeUndefined();
  });

  it('lets in as long as it lasts', () => {
    const [early, late] = [issue(), issue()];
    now = 29_999;
    expect(office.redeem(early)).toBeDefined();
    now = 30_000;
    expect(office.redeem(late)).toBeUndefined();
    expect(office.outstanding).toBe(0);
  });

  it('allows less when less was asked for, and never more', () => {
    const ticket = issue(ada, { scopes: ['sessions:read'], sessions: ['ci-7'] });
    expect(office.redeem(ticket)).toEqual({ ...ada, scopes: ['sessions:read'], within: ['ci-7'] });
    expect(office.issue(ada, { scopes: ['admin'] })).toMatchObject({ ok: false, fault: { code: 'FORBIDDEN' } });
    expect(office.issue({ id: 'owner', scopes: ['*'] }, { scopes: ['admin'] })).toMatchObject({ ok: true });
  });

  it('is worth nothing once the credential of its maker is revoked', () => {
    const revocation = new AbortController();
    const ticket = issue({ ...ada, revoked: revocation.signal });
    revocation.abort();
    expect(office.redeem(ticket)).toBeUndefined();
  });

  it('is worth nothing once that credential has expired', () => {
    expect(office.redeem(issue({ ...ada, expiresAtMs: Date.now() }))).toBeUndefined();
  });

  it('reaches no session that its maker may have nothing to do with', () => {
    const limited: Principal = { ...ada, within: ['a-*', 'b-1'] };
    for (const sessions of [['*'], ['a-*', 'b-*'], ['a*'], ['b-1*']]) {
      expect(office.issue(limited, { sessions }), String(sessions)).toMatchObject({
        ok: false,
        fault: { code: 'FORBIDDEN', details: { field: 'sessions' } },
      });
    }
    expect(office.redeem(issue(limited))).toMatchObject({ within: ['a-*', 'b-1'] });
    expect(office.redeem(issue(limited, { sessions: ['a-x*', 'b-1'] }))).toMatchObject({ within: ['a-x*', 'b-1'] });
  });

  it('that nobody made lets nobody in', () => {
    issue();
    expect(office.redeem('x'.repeat(43))).toBeUndefined();
  });
});

describe('how many tickets are out', () => {
  it('is bounded for one principal, who gets more once some are used or over', () => {
    const tickets = Array.from({ length: 64 }, () => issue());
    expect(office.issue(ada)).toMatchObject({ ok: false, fault: { code: 'CAPACITY_EXCEEDED', retryAfterMs: 30_000 } });
    expect(office.issue({ ...ada, id: 'bob' })).toMatchObject({ ok: true });
    office.redeem(tickets[40]!);
    issue();
    now = 30_000;
    for (let number = 0; number < 64; number++) issue();
  });

  it('is bounded for all together', () => {
    for (let number = 0; number < 4_096; number++) issue({ ...ada, id: `p${number}` });
    expect(office.issue(ada)).toMatchObject({ ok: false, fault: { code: 'CAPACITY_EXCEEDED' } });
    expect(office.outstanding).toBe(4_096);
  });
});

describe('a request with a ticket', () => {
  const others = { authenticate: async () => ({ ok: false, message: 'others were asked' }) as const };
  const request = (headers: object) => ({ headers }) as IncomingMessage;

  it('is let in by it, and by nothing else, where a WebSocket is opened', async () => {
    const auth = new TicketAuth(office, others);
    const offer = { 'sec-websocket-protocol': `sessiond.v1, sessiond.ticket.${issue()}` };
    expect(await auth.authenticate(request(offer))).toMatchObject({ message: 'others were asked' });
    expect(await auth.authenticate(request({ ...offer, upgrade: 'websocket' }))).toEqual({ ok: true, principal: ada });
    expect(await auth.authenticate(request({ ...offer, upgrade: 'websocket' }))).toMatchObject({
      ok: false,
      message: expect.stringContaining('fetch a new one'),
    });
    expect(await auth.authenticate(request({ upgrade: 'websocket' }))).toMatchObject({ message: 'others were asked' });
  });
});
