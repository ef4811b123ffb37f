import { beforeEach, expect, it } from 'vitest';
import type { AuditEntry } from './audit-log.ts';
import { BoundedRefusals } from './bounded-refusals.ts';

let now: number;
let written: AuditEntry[];
let log: BoundedRefusals;
beforeEach(() => {
  now = 0;
  written = [];
  log = new BoundedRefusals({ record: (entry) => written.push(entry), close: () => {} }, () => now);
});

const refused = (principalId?: string): AuditEntry => ({
  event: 'refused',
  reason: 'session',
  code: 'SESSION_NOT_FOUND',
  action: 'get_state',
  principalId,
});

it('writes down what was done, however much is refused', () => {
  for (let number = 0; number < 10_000; number++) log.record(refused('eve'));
  log.record({ event: 'ticket.created', principalId: 'eve' });
  expect(written).toHaveLength(101);
  expect(written.at(-1)).toMatchObject({ event: 'ticket.created' });
});

it('says how many refusals were left out, once', () => {
  for (let number = 0; number < 130; number++) log.record(refused());
  now = 120_000;
  log.record(refused());
  log.record(refused());
  expect(written).toHaveLength(102);
  expect(written.slice(-2)).toEqual([{ ...refused(), omitted: 30 }, refused()]);
});

it('counts each principal for itself, and strangers together', () => {
  for (let number = 0; number < 200; number++) log.record(refused());
  log.record(refused('ada'));
  expect(written.at(-1)).toMatchObject({ principalId: 'ada', omitted: 100 });
});
