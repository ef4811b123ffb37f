import type { Command } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdmissionDesk, CREATE, LIST, run, runs } from './admission-fixture.ts';

const MINUTE_MS = 60_000;

let desk: AdmissionDesk;
beforeEach(() => {
  desk = new AdmissionDesk();
});

describe('budgets', () => {
  it('[R12] refuse the command that is one too many, say when to come back, and mean it', () => {
    const admission = desk.admissionWith({ dataCommandsPerMinute: 100 });
    expect(runs(admission, CREATE, 'ada', 100)).toBe(100);
    const refusal = run(admission, CREATE, 'ada')!;
    expect(refusal).toEqual({
      code: 'RATE_LIMITED',
      message: 'Cannot run the command: the budget is used up, allowed per minute are 100 data commands',
      details: { limiter: 'data' },
      retryAfterMs: expect.any(Number),
    });
    expect(Number.isInteger(refusal.retryAfterMs)).toBe(true);
    desk.now += refusal.retryAfterMs! - 2;
    expect(run(admission, CREATE, 'ada')?.retryAfterMs).toBeLessThanOrEqual(2);
    desk.now += 2;
    expect(run(admission, CREATE, 'ada')).toBeUndefined();
  });

  it('are told apart by principal, and data commands from control commands', () => {
    const admission = desk.admissionWith({ dataCommandsPerMinute: 1, controlCommandsPerMinute: 2 });
    expect(runs(admission, CREATE, 'ada', 5)).toBe(1);
    expect(runs(admission, LIST, 'ada', 5)).toBe(2);
    expect(runs(admission, CREATE, 'bob', 5)).toBe(1);
    expect(runs(admission, LIST, 'bob', 5)).toBe(2);
  });

  it('give no new one to a creation because it names another session', () => {
    const admission = desk.admissionWith({ dataCommandsPerMinute: 3 });
    const answers = Array.from({ length: 5 }, (_, at) => run(admission, { ...CREATE, sessionId: `s${at}` }, 'ada'));
    expect(answers.map((answer) => answer?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
  });

  it('[R13] let nobody use up the budget of all', () => {
    const admission = desk.admissionWith({ totalCommandsPerMinute: 100, principalSharePercent: 50 });
    expect(runs(admission, LIST, 'ada', 1000)).toBe(50);
    expect(run(admission, LIST, 'ada')).toMatchObject({ details: { limiter: 'principal' } });
    expect(runs(admission, CREATE, 'bob', 1000)).toBe(50);
    expect(run(admission, LIST, 'cid')).toMatchObject({ code: 'RATE_LIMITED', details: { limiter: 'total' } });
    desk.now += (17 / 16) * MINUTE_MS + 1;
    expect(runs(admission, LIST, 'cid', 10)).toBe(10);
  });

  it('[R07] give back what an earlier one granted when a later one refuses', () => {
    const admission = desk.admissionWith({ controlCommandsPerMinute: 10, totalCommandsPerMinute: 4 });
    expect(runs(admission, LIST, 'ada', 100)).toBe(2);
    expect(runs(admission, LIST, 'bob', 100)).toBe(2);
    desk.told.length = 0;
    expect(run(admission, LIST, 'cid')).toMatchObject({ details: { limiter: 'total' } });
    expect(desk.told).toEqual([
      'control granted',
      'principal granted',
      'total refused',
      'principal refunded',
      'control refunded',
    ]);
    // A hundred refusals have cost nothing: once the total is free, the other budgets are still whole.
    for (let time = 0; time < 100; time += 1) run(admission, LIST, 'cid');
    desk.now += (17 / 16) * MINUTE_MS + 1;
    expect(runs(admission, LIST, 'cid', 100)).toBe(2);
  });

  it('let nothing pass at 0, for which no wait helps', () => {
    const admission = desk.admissionWith({ dataCommandsPerMinute: 0, totalCommandsPerMinute: 0 });
    expect(run(admission, CREATE, 'ada')).toEqual({
      code: 'RATE_LIMITED',
      message: 'Cannot run the command: the budget is used up, allowed per minute are 0 data commands',
      details: { limiter: 'data' },
    });
    expect(run(admission, LIST, 'ada')).not.toHaveProperty('retryAfterMs');
  });

  it('decide nothing when they are off', () => {
    const admission = desk.admissionWith({});
    expect(runs(admission, LIST, 'ada', 20_000)).toBe(20_000);
    expect(desk.told).toEqual([]);
    expect(admission.snapshot().limiters.map(({ limitPerMinute }) => limitPerMinute)).toEqual(Array(5).fill(null));
  });

  it('round the share of a principal up, so that it is never nothing', () => {
    const admission = desk.admissionWith({ totalCommandsPerMinute: 3, principalSharePercent: 1 });
    expect(runs(admission, LIST, 'ada', 10)).toBe(1);
  });
});

it('[S28] limits the answers to questions of one agent, by whomever, and takes them from no other budget of their sender', () => {
  const admission = desk.admissionWith({ dialogAnswersPerMinute: 60, controlCommandsPerMinute: 5 });
  const answer = (sessionId: string): Command => ({ type: 'extension_ui_response', sessionId, requestId: 'd-1' });
  expect(runs(admission, answer('a'), 'ada', 40) + runs(admission, answer('a'), 'bob', 40)).toBe(60);
  expect(run(admission, answer('a'), 'cid')).toMatchObject({ code: 'RATE_LIMITED', details: { limiter: 'answers' } });
  expect(runs(admission, answer('b'), 'ada', 80)).toBe(60);
  expect(runs(admission, LIST, 'ada', 10)).toBe(5);
  desk.now += 120_000;
  expect(run(admission, answer('a'), 'ada')).toBeUndefined();
});
