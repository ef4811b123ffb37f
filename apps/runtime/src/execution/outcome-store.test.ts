import { describe, expect, it } from 'vitest';
import type { RecoveredCommand } from '../journal/command-journal.ts';
import { successText } from './command-answer.ts';
import { digestOf } from './fingerprint.ts';
import { connectionKey, idempotencyKey, type OutcomeLimits, OutcomeStore, principalKey } from './outcome-store.ts';

const LIMITS: OutcomeLimits = {
  maxOutcomes: 100,
  outcomeBytes: 1_000_000,
  maxIdempotencyKeys: 100,
  idempotencyBytes: 1_000_000,
  idempotencyMs: 1_000,
};
const outcome = { code: 'OK', rights: 'abc', fingerprint: '{"type":"bash"}', text: '{"a":"b"}' } as const;

describe('a store of outcomes', () => {
  it('remembers an outcome as it was, for its principal and its id alone', () => {
    const store = new OutcomeStore({ limits: LIMITS });
    store.keep(principalKey('ada', 'a'), 'bash', outcome);
    expect(store.find(principalKey('ada', 'a'))).toEqual(outcome);
    for (const key of [principalKey('bob', 'a'), principalKey('ada', 'b'), connectionKey('ada', 'a')]) {
      expect(store.find(key)).toBeUndefined();
    }
  });

  it('remembers a key for its time, with the life of the session it was for', () => {
    let nowMs = 0;
    const store = new OutcomeStore({ limits: LIMITS, now: () => nowMs });
    const command = { type: 'bash', sessionId: 's' } as const;
    const key = idempotencyKey('ada', command, 'k');
    const keyed = { ...outcome, sessionId: 's', instance: 'st-1' };
    store.keepKeyed(key, 'bash', keyed);
    expect(store.findKeyed(key)).toEqual(keyed);
    expect(store.findKeyed(idempotencyKey('ada', { ...command, sessionId: 't' }, 'k'))).toBeUndefined();
    nowMs = 1_001;
    expect(store.findKeyed(key)).toBeUndefined();
  });

  it('remembers that a command succeeded whose answer it does not keep, because it is large and was only read', () => {
    const store = new OutcomeStore({ limits: LIMITS });
    const large = { ...outcome, text: `{"a":"${'x'.repeat(20_000)}"}` };
    store.keep(principalKey('ada', 'read'), 'read_output', large);
    store.keep(principalKey('ada', 'run'), 'bash', large);
    expect(store.find(principalKey('ada', 'read'))).toEqual({ ...large, text: '' });
    expect(store.find(principalKey('ada', 'run'))).toEqual(large);
  });

  it('remembers of an outcome that is larger than all of its memory that there was one', () => {
    const store = new OutcomeStore({ limits: { ...LIMITS, outcomeBytes: 4096, idempotencyBytes: 4096 } });
    const large = { ...outcome, text: `{"a":"${'x'.repeat(8_000)}"}` };
    const key = idempotencyKey('ada', { type: 'bash', sessionId: 's' }, 'k');
    store.keep(principalKey('ada', 'run'), 'bash', large);
    store.keepKeyed(key, 'bash', { ...large, sessionId: 's', instance: 'i' });
    expect(store.find(principalKey('ada', 'run'))).toEqual({ ...large, text: '' });
    expect(store.findKeyed(key)).toMatchObject({ text: '', instance: 'i' });
  });

  it('takes over what an earlier run has answered, keys for the rest of their time', () => {
    const command = { type: 'set_session_name', sessionId: 's', name: 'x' } as const;
    const recovered: RecoveredCommand = {
      principalId: 'ada',
      commandId: 'a',
      idempotencyKey: 'k',
      fingerprint: digestOf(command),
      rights: 'abc',
      type: 'set_session_name',
      sessionId: 's',
      instance: 'st-1',
      finishedAtMs: Date.now() - 600,
      outcome: { ok: true, data: { sessionId: 's', name: 'x' }, sessionVersion: 2 },
    };
    let nowMs = 10;
    const store = new OutcomeStore({ limits: LIMITS, now: () => nowMs });
    store.restore(recovered);
    store.restore({
      ...recovered,
      commandId: 'b',
      idempotencyKey: undefined,
      outcome: { ok: false, fault: { code: 'INTERRUPTED_BY_RESTART', message: 'm' } },
    });
    const text = successText('set_session_name', { sessionId: 's', name: 'x' }, 2);
    const expected = { code: 'OK', rights: 'abc', fingerprint: digestOf(command), text };
    const key = idempotencyKey('ada', command, 'k');
    expect(store.find(principalKey('ada', 'a'))).toEqual(expected);
    expect(store.find(principalKey('ada', 'b'))).toMatchObject({ code: 'INTERRUPTED_BY_RESTART' });
    expect(store.findKeyed(key)).toEqual({ ...expected, sessionId: 's', instance: 'st-1' });
    nowMs = 500;
    expect(store.findKeyed(key)).toBeUndefined();
  });

  it('takes over an outcome whose data the record lacks as one that cannot be answered again', () => {
    const store = new OutcomeStore({ limits: LIMITS });
    const record = { principalId: 'ada', commandId: 'a', type: 'bash', finishedAtMs: 0 } as const;
    store.restore({ ...record, outcome: { ok: true, data: undefined } });
    const { code, text } = store.find(principalKey('ada', 'a'))!;
    expect(code).toBe('INTERNAL');
    expect(JSON.parse(text)).toMatchObject({ type: 'response', command: 'bash', success: false });
  });

  it('tells how far back it has forgotten nothing of this run, whatever it forgot of earlier ones', () => {
    let nowMs = 1_000;
    const store = new OutcomeStore({ limits: { ...LIMITS, maxOutcomes: 2 }, now: () => nowMs });
    const data = {};
    store.restore({ principalId: 'ada', commandId: 'old', type: 'bash', finishedAtMs: 0, outcome: { ok: true, data } });
    const keep = (id: string, atMs: number): void => {
      nowMs = atMs;
      store.keep(principalKey('ada', id), 'bash', outcome);
    };
    keep('a', 1_100);
    keep('b', 1_200);
    expect(store.find(principalKey('ada', 'old'))).toBeUndefined();
    expect(store.reachMs).toBeUndefined();
    keep('c', 1_300);
    expect(store.find(principalKey('ada', 'a'))).toBeUndefined();
    expect(store.reachMs).toBe(200);
    nowMs = 1_450;
    expect(store.reachMs).toBe(350);
  });

  it('takes over the newest first, and wants no older ones when there is no room for them', () => {
    const store = new OutcomeStore({ limits: { ...LIMITS, maxOutcomes: 2, outcomeBytes: 64 * 1024 } });
    const restore = (commandId: string, data: unknown): boolean =>
      store.restore({ principalId: 'ada', commandId, type: 'bash', finishedAtMs: 0, outcome: { ok: true, data } });
    expect(restore('c', {})).toBe(true);
    expect(restore('c', { older: true })).toBe(true);
    expect(restore('b', { output: 'x'.repeat(64 * 1024) })).toBe(true);
    expect(restore('a', {})).toBe(false);
    expect(store.find(principalKey('ada', 'c'))?.text).toBe(successText('bash', {}, undefined));
    expect(store.find(principalKey('ada', 'b'))).toMatchObject({ code: 'OK', text: '' });
    expect(store.find(principalKey('ada', 'a'))).toBeUndefined();
    store.keep(principalKey('ada', 'd'), 'bash', outcome);
    expect(store.find(principalKey('ada', 'b'))).toBeUndefined();
    expect(store.find(principalKey('ada', 'd'))).toEqual(outcome);
  });
});
