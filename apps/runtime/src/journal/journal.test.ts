import { isProtocolError, ProtocolError } from '@sessiond/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RecoveredCommand } from './command-journal.ts';
import { Journal } from './journal.ts';
import {
  accepted,
  FakeStore,
  numbers,
  OPTIONS,
  open,
  sessionRecord,
  succeeded,
  temporaryFolder,
} from './journal-fixture.ts';
import { entryKey, isEntryKey, numberOf } from './journal-keys.ts';
import type { JournalOptions } from './journal-options.ts';
import { recover } from './recovery.ts';

const path = () => temporaryFolder(onTestFinished);
const at = (seconds: number) => Date.parse('2026-01-31T12:00:00.000Z') + seconds * 1000;
const iso = (seconds: number) => new Date(at(seconds)).toISOString();

const refusal = (error: unknown) => (isProtocolError(error) ? error.code : error);

async function onFakeStore(store: FakeStore, options: Partial<JournalOptions> = {}) {
  const mark = { write: () => {}, close: () => {} };
  const { meta, counts } = await recover(store, { markedCommits: 0, maxOutcomes: 10, restore: () => true, nowMs: 0 });
  const recovery = { ...counts, journal: 'sync', recoveredAt: iso(0), durationMs: 0, setAside: false } as const;
  const journal = new Journal({
    ...OPTIONS,
    mode: 'sync',
    store,
    mark,
    meta,
    recovery,
    lastAcceptedAtMs: 0,
    interrupted: [],
    retryMs: 5,
    ...options,
  });
  onTestFinished(() => journal.close());
  return { store, journal };
}

/** The size of the entries in a store that the journal counts among those it keeps. */
function sizeOf(store: FakeStore, journal: Journal): number {
  const numbers = [...store.texts.keys()].filter(isEntryKey).map(numberOf);
  const first = Math.max(...numbers) + 1 - journal.snapshot().entries;
  return numbers
    .filter((number) => number >= first)
    .reduce((sum, number) => sum + store.texts.get(entryKey(number))!.length, 0);
}

describe('a journal', () => {
  it('[S39] gives back outcomes as they were recorded, and interrupts what had none', async () => {
    const folder = path();
    const first = await open(folder);
    const data = { text: 'ü\n"', number: 0.1, none: null, list: [1, { a: true }] };
    const one = first.journal.accept(accepted({ id: 'c1', idempotencyKey: 'k' }));
    await one.finish(succeeded(data, { sessionId: 'a', instance: 'st-1' }));
    const two = first.journal.accept(accepted({ type: 'delete_session', id: 'c2', sessionId: 'a' }));
    await two.durable;
    const three = first.journal.accept(accepted({ id: 'c3' }));
    const fault = { code: 'TIMEOUT', message: 'late', timedOut: true, details: { started: true } } as const;
    const error = new ProtocolError(fault.code, fault.message, fault);
    await three.finish({ outcome: { ok: false, fault: error }, finishedAtMs: 7 });
    await first.journal.close();

    const second = await open(folder);
    onTestFinished(() => second.journal.close());
    expect(second.commands).toEqual([
      expect.objectContaining({
        principalId: 'owner',
        commandId: 'c1',
        idempotencyKey: 'k',
        fingerprint: 'f',
        type: 'set_session_name',
        sessionId: 'a',
        instance: 'st-1',
        outcome: { ok: true, data },
      }),
      expect.objectContaining({
        commandId: 'c2',
        outcome: { ok: false, fault: expect.objectContaining({ code: 'INTERRUPTED_BY_RESTART' }) },
      }),
      expect.objectContaining({ commandId: 'c3', finishedAtMs: 7, outcome: { ok: false, fault } }),
    ]);
    expect(second.journal.recovery).toMatchObject({
      previousRun: 'ended',
      outcomes: 3,
      interrupted: 1,
      missingWrites: 0,
      damagedRecords: 0,
    });
    expect(second.journal.interrupted()).toEqual([
      expect.objectContaining({ command: 'delete_session', commandId: 'c2' }),
    ]);
    expect(second.journal.interrupted('somebody')).toEqual([]);
  });

  it('numbers entries on over restarts, and interrupts a command once', async () => {
    const folder = path();
    const first = await open(folder);
    const lone = first.journal.accept(accepted({ type: 'delete_session', id: 'c1' }));
    await lone.durable;
    await first.journal.close();
    const second = await open(folder);
    const next = second.journal.accept(accepted({ id: 'c2' }));
    expect([lone.number, next.number]).toEqual([1, 2]);
    await next.finish(succeeded());
    await second.journal.close();
    const third = await open(folder);
    onTestFinished(() => third.journal.close());
    expect(third.journal.recovery).toMatchObject({ outcomes: 2, interrupted: 0 });
  });

  it('lets only commands that reach beyond the server wait for their acceptance', async () => {
    const { journal } = await open(path());
    onTestFinished(() => journal.close());
    expect(journal.accept(accepted({ type: 'create_session', id: 'c1' })).durable).toBeInstanceOf(Promise);
    expect(journal.accept(accepted({ id: 'c2' })).durable).toBeUndefined();
  });

  it('lets nobody wait in mode async, and has everything after an orderly end', async () => {
    const folder = path();
    const first = await open(folder, { mode: 'async' });
    const entry = first.journal.accept(accepted({ type: 'create_session', id: 'c1', sessionId: 'b' }));
    expect(entry.durable).toBeUndefined();
    expect(entry.finish(succeeded())).toBeUndefined();
    await first.journal.close();
    const second = await open(folder, { mode: 'async' });
    onTestFinished(() => second.journal.close());
    expect(second.commands).toHaveLength(1);
  });

  it('writes what was finished before its end, also while a batch is on its way', async () => {
    const folder = path();
    const { journal } = await open(folder);
    const early = journal.accept(accepted({ id: 'c1' })).finish(succeeded());
    await new Promise(setImmediate);
    const late = journal.accept(accepted({ id: 'c2' })).finish(succeeded());
    const closed = journal.close();
    expect(() => journal.accept(accepted({ id: 'c3' }))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_UNAVAILABLE' }),
    );
    await Promise.all([early, late, closed]);
    const again = await open(folder);
    onTestFinished(() => again.journal.close());
    expect(again.commands.map(({ commandId }) => commandId)).toEqual(['c1', 'c2']);
  });

  it('forgets a command that was withdrawn, whether it was written or not', async () => {
    const folder = path();
    const first = await open(folder);
    const written = first.journal.accept(accepted({ type: 'create_session', id: 'c1', sessionId: 'b' }));
    await written.durable;
    written.withdraw();
    first.journal.accept(accepted({ id: 'c2' })).withdraw();
    expect((await first.journal.history({})).entries).toEqual([]);
    expect((await first.journal.history({ commandId: 'c1' })).entries).toEqual([]);
    await first.journal.close();
    const second = await open(folder);
    onTestFinished(() => second.journal.close());
    expect(second.commands).toEqual([]);
    expect(second.journal.recovery).toMatchObject({ interrupted: 0, missingWrites: 0 });
  });

  it('keeps no more of a command than its contract says', async () => {
    const { journal } = await open(path());
    onTestFinished(() => journal.close());
    const create = {
      type: 'create_session',
      id: 'c1',
      name: 'n',
      env: { TOKEN: 'secret-1' },
      pty: { command: 'sh', args: ['secret-2'], cols: 80 },
    } as const;
    await journal.accept(accepted(create)).durable;
    const { entries } = await journal.history({});
    expect(entries[0]!.kept).toEqual({ name: 'n', pty: { command: 'sh', cols: 80 } });
    expect(JSON.stringify(entries)).not.toContain('secret');
  });

  it('is found by session, by id and by time, page by page, by those who may', async () => {
    const { journal } = await open(path());
    onTestFinished(() => journal.close());
    for (let index = 1; index <= 20; index += 1) {
      const principalId = index % 2 === 0 ? 'even' : 'odd';
      const facts = { principalId, acceptedAtMs: at(index) };
      const entry = journal.accept(accepted({ id: `c${index}`, sessionId: index % 5 === 0 ? 'five' : 'a' }, facts));
      if (index !== 20) await entry.finish(succeeded({}, { startedAtMs: at(index), finishedAtMs: at(index) }));
    }
    expect(numbers(await journal.history({ sessionId: 'five' }))).toEqual([20, 15, 10, 5]);
    expect(numbers(await journal.history({ sessionId: 'five' }, 'odd'))).toEqual([15, 5]);
    expect(numbers(await journal.history({ commandId: 'c7' }))).toEqual([7]);
    expect(numbers(await journal.history({ commandId: 'c7' }, 'even'))).toEqual([]);
    expect(numbers(await journal.history({ commandId: 'c10', sessionId: 'a' }))).toEqual([]);
    expect(numbers(await journal.history({ from: iso(18) }))).toEqual([20, 19, 18]);
    expect(numbers(await journal.history({ from: iso(3), to: iso(6) }))).toEqual([5, 4, 3]);
    expect(numbers(await journal.history({ from: iso(100) }))).toEqual([]);
    const first = await journal.history({ limit: 8 });
    const second = await journal.history({ limit: 8, cursor: first.cursor! });
    const third = await journal.history({ limit: 8, cursor: second.cursor! });
    expect([first, second, third].flatMap(numbers)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
    expect(third.cursor).toBeUndefined();
    expect(first.entries[0]).toMatchObject({ state: 'in-flight', acceptedAt: iso(20) });
    expect(first.entries[1]).toMatchObject({ state: 'succeeded', startedAt: iso(19), finishedAt: iso(19) });
  });

  it('finds by time although the clock was set back', async () => {
    const { journal } = await open(path());
    onTestFinished(() => journal.close());
    for (const seconds of [10, 20, 5, 30]) journal.accept(accepted({}, { acceptedAtMs: at(seconds) }));
    const { entries } = await journal.history({ from: iso(20), to: iso(30) });
    expect(entries.map(({ acceptedAt }) => acceptedAt)).toEqual([iso(20), iso(20)]);
  });

  it('is found under a session that a command made', async () => {
    const { journal } = await open(path());
    onTestFinished(() => journal.close());
    const create = journal.accept(accepted({ type: 'create_session', id: 'c1', sessionId: undefined as never }));
    await create.finish(succeeded({}, { sessionId: 'made' }));
    expect(await journal.history({ sessionId: 'made' })).toMatchObject({ entries: [{ number: 1, sessionId: 'made' }] });
  });

  it('removes the oldest over count, age and bytes, but nothing in flight', async () => {
    const folder = path();
    const first = await open(folder);
    const lasting = first.journal.accept(accepted({ type: 'delete_session', id: 'lasting' }));
    await lasting.durable;
    for (let index = 0; index < 50; index += 1)
      await first.journal.accept(accepted({ id: `c${index}` })).finish(succeeded());
    await first.journal.close();
    const limits = { maxEntries: 10, maxAgeMs: null, maxBytes: null };
    const second = await open(folder, { retention: limits });
    await expect.poll(() => second.journal.snapshot().entries).toBe(10);
    expect((await second.journal.history({ sessionId: 'a' })).entries).toHaveLength(10);
    expect((await second.journal.history({ commandId: 'c3' })).entries).toEqual([]);
    await second.journal.close();
    const third = await open(folder, { retention: { ...limits, maxEntries: null, maxBytes: 600 } });
    await expect.poll(() => third.journal.snapshot().bytes).toBeLessThanOrEqual(600);
    expect(third.journal.recovery).toMatchObject({ outcomes: 10, missingWrites: 0 });
    await third.journal.close();
    const fourth = await open(folder, { retention: { ...limits, maxEntries: null, maxAgeMs: 0 } });
    await expect.poll(() => fourth.journal.snapshot().entries).toBe(0);
    expect(fourth.journal.snapshot().bytes).toBe(0);
    await fourth.journal.close();
  });

  it('records a command that is over within its batch with its outcome alone', async () => {
    const store = new FakeStore();
    const { journal } = await onFakeStore(store);
    const { writes } = store;
    await journal.accept(accepted({ id: 'c1' })).finish(succeeded());
    expect(store.writes).toBe(writes + 1);
    expect(store.changedKeys.filter((key) => key.startsWith('p '))).toEqual([]);
  });

  it('knows the size of what it keeps to the character, over failures, removals, commands in flight and restarts', async () => {
    const store = new FakeStore();
    const { journal } = await onFakeStore(store, { retention: { ...OPTIONS.retention, maxEntries: 5 } });
    const lasting = journal.accept(accepted({ type: 'delete_session', id: 'lasting' }));
    await lasting.durable;
    for (let index = 0; index < 3_000; index += 1)
      void journal.accept(accepted({ id: `c${index}` })).finish(succeeded());
    await expect.poll(() => journal.snapshot().entries).toBeLessThan(2_000);
    // Retention has passed it by meanwhile.
    await lasting.finish(succeeded());
    expect(journal.snapshot().bytes).toBe(sizeOf(store, journal));
    store.isFull = true;
    await journal
      .accept(accepted({ id: 'lost' }))
      .finish(succeeded())
      ?.catch(refusal);
    store.isFull = false;
    await expect.poll(() => journal.snapshot().state).toBe('open');
    await journal.accept(accepted({ id: 'last' })).finish(succeeded());
    expect(journal.snapshot().bytes).toBe(sizeOf(store, journal));
    const { meta } = await recover(store, { markedCommits: 0, maxOutcomes: 10, restore: () => true, nowMs: 0 });
    expect(meta.bytes).toBe(journal.snapshot().bytes);
  });
});

describe('the sessions in a journal', () => {
  it('come back as they were, those whose program ran as lost, and not for longer than their retention', async () => {
    const folder = path();
    const { journal } = await open(folder);
    journal.keep('running', () => sessionRecord('running', { version: 1 }));
    journal.keep('running', () => sessionRecord('running', { version: 2 }));
    const exit = { exitCode: 3, signal: null, reason: 'exited' } as const;
    const stopped = { state: 'stopped', exit, stoppedAt: new Date().toISOString() } as const;
    journal.keep('stopped', () => sessionRecord('stopped', stopped));
    journal.keep('expired', () => sessionRecord('expired', { ...stopped, retention: { afterExitMs: 0 } }));
    journal.keep('deleted', () => sessionRecord('deleted'));
    journal.forget('deleted');
    await journal.close();
    const second = await open(folder);
    onTestFinished(() => second.journal.close());
    const found = Object.fromEntries(second.sessions.map(({ info }) => [info.sessionId, info]));
    expect(Object.keys(found).toSorted()).toEqual(['running', 'stopped']);
    expect(found['running']).toMatchObject({
      state: 'stopped',
      version: 2,
      exit: { exitCode: null, signal: null, reason: 'lost' },
    });
    expect(found['stopped']).toMatchObject({ state: 'stopped', exit });
    expect(second.journal.recovery).toMatchObject({ sessions: 2, lostSessions: 1 });
  });
});

describe('a journal whose disk is full', () => {
  const failing = () => onFakeStore(new FakeStore());

  it('refuses what must be recorded, goes on reading, says so, and recovers without writing a lost batch again', async () => {
    const { store, journal } = await failing();
    await journal.accept(accepted({ id: 'c1' })).finish(succeeded({ first: true }));
    const running = journal.accept(accepted({ type: 'delete_session', id: 'c2' }));
    await running.durable;
    store.isFull = true;
    const lost = journal.accept(accepted({ id: 'c3' })).finish(succeeded({ lost: true }));
    const neverRan = journal.accept(accepted({ type: 'create_session', id: 'c4', sessionId: 'b' }));
    expect(await lost?.catch(refusal)).toBe('JOURNAL_UNAVAILABLE');
    expect(await neverRan.durable?.catch(refusal)).toBe('JOURNAL_UNAVAILABLE');
    expect(() => journal.accept(accepted({ id: 'c5' }))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_UNAVAILABLE' }),
    );
    expect(await running.finish(succeeded({ late: true }))?.catch(refusal)).toBe('JOURNAL_UNAVAILABLE');
    journal.keep('s', () => sessionRecord('s'));
    expect(journal.health()).toMatchObject({ status: 'failed' });
    expect(journal.snapshot()).toMatchObject({ state: 'failed', inFlight: 0 });
    expect((await journal.history({ commandId: 'c1' })).entries).toHaveLength(1);

    store.isFull = false;
    await expect.poll(() => journal.snapshot().state).toBe('open');
    expect(journal.health()).toEqual({ name: 'journal', status: 'ok' });
    await journal.accept(accepted({ id: 'c6' })).finish(succeeded());
    await journal.close();
    const commands: RecoveredCommand[] = [];
    const { sessions, counts } = await recover(store, {
      markedCommits: 0,
      maxOutcomes: 10,
      restore: (command) => commands.unshift(command) > 0,
      nowMs: Date.now(),
    });
    const unrecorded = {
      ok: false,
      fault: expect.objectContaining({ code: 'JOURNAL_UNAVAILABLE', details: { executed: true } }),
    };
    expect(commands.map(({ commandId, outcome }) => [commandId, outcome])).toEqual([
      ['c1', { ok: true, data: { first: true } }],
      ['c2', unrecorded],
      ['c3', unrecorded],
      ['c6', { ok: true, data: { done: true } }],
    ]);
    expect(sessions.map(({ info }) => info.sessionId)).toEqual(['s']);
    expect(counts).toMatchObject({ interrupted: 0, missingWrites: 0, previousRun: 'ended' });
  });

  it('stays as it is while the disk stays full, and ends all the same', async () => {
    const { store, journal } = await failing();
    store.isFull = true;
    await journal
      .accept(accepted({ id: 'c1' }))
      .finish(succeeded())
      ?.catch(refusal);
    const { writes } = store;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(journal.snapshot().state).toBe('failed');
    expect(store.writes).toBe(writes);
    await journal.close();
    expect(journal.snapshot().state).toBe('closed');
  });
});
