import { isProtocolError } from '@sessiond/protocol';
import { PipedProcesses, PtyManager } from '@sessiond/pty-core';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Containment } from '../containment.ts';
import { sessionRecord } from '../journal/journal-fixture.ts';
import { Shells } from './bash/shells.ts';
import type { EarlierSessionHooks } from './earlier-session.ts';
import { LocalSessionHost } from './local-session-host.ts';
import { RestoredSession } from './restored-session.ts';
import type { AttachmentHandlers } from './session-host.ts';
import type { PtySessionRecord } from './session-record.ts';

const EXITED = { exitCode: 3, signal: null, reason: 'exited' } as const;
const LOST = { exitCode: null, signal: null, reason: 'lost' } as const;
const ended = (extra: Partial<PtySessionRecord['info']> = {}) =>
  sessionRecord('a', { state: 'stopped', exit: EXITED, ...extra });
const unheard: EarlierSessionHooks = { onChanged: () => {}, onUnattached: () => {} };
const restored = (record: PtySessionRecord = ended()) => new RestoredSession(record, unheard);
const handlers = {} as AttachmentHandlers;
const about = { id: 'c', sessionId: 'a' };

const refusal = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return isProtocolError(error) ? error.code : error;
  }
};

describe('a session of an earlier run', () => {
  it('[S39] has its version, owner and stream, and none of its output', () => {
    const session = restored(ended({ version: 7, owner: 'ada', end: 100, start: 40 }));
    expect(session.facts()).toEqual({ owner: 'ada', instance: 'stream-a', version: 7 });
    expect(session.state()).toMatchObject({
      version: 7,
      state: 'stopped',
      start: 100,
      end: 100,
      attached: 0,
      exit: EXITED,
    });
    expect(session.finished).toBe(true);
  });

  it('goes on counting its version when it is renamed, and has that recorded', () => {
    let changes = 0;
    const onChanged = (): void => {
      changes += 1;
    };
    const session = new RestoredSession(ended({ version: 7 }), { ...unheard, onChanged });
    expect(session.rename('new')).toMatchObject({ name: 'new', version: 8 });
    expect(session.record().info).toMatchObject({ name: 'new', version: 8, attached: 0 });
    expect(changes).toBe(1);
  });

  it('tells when the last client has let go of it, once', () => {
    const told: number[] = [];
    const session: RestoredSession = new RestoredSession(ended(), {
      ...unheard,
      onUnattached: ({ attached }) => told.push(attached),
    });
    const [one, other] = [0, 1].map(() => session.attach({ type: 'attach', ...about }, handlers));
    one!.close();
    one!.close();
    expect(told).toEqual([]);
    other!.close();
    expect(told).toEqual([0]);
  });

  it('gives who attaches one exact gap up to the end, and then the end', () => {
    const session = restored();
    const attachment = session.attach({ type: 'attach', ...about, from: 30, streamId: 'stream-a' }, handlers);
    expect(attachment.info).toMatchObject({ from: 30, start: 100, end: 100, state: 'stopped', exit: EXITED });
    expect([session.attached, attachment.pending]).toEqual([1, 70]);
    expect([attachment.next(1024), attachment.next(1024), attachment.next(1024)]).toEqual([
      { kind: 'gap', from: 30, to: 100 },
      { kind: 'end', offset: 100 },
      undefined,
    ]);
    expect([attachment.acknowledge(101), attachment.acknowledge(100), attachment.acknowledged]).toEqual([
      false,
      true,
      100,
    ]);
    attachment.close();
    attachment.close();
    expect(session.attached).toBe(0);
  });

  it('gives nothing but the end to who has read it all, and nothing at all after it was closed', () => {
    const attachment = restored().attach({ type: 'attach', ...about, from: 'now' }, handlers);
    expect(attachment.next(1024)).toEqual({ kind: 'end', offset: 100 });
    const closed = restored().attach({ type: 'attach', ...about, from: 0 }, handlers);
    closed.close();
    expect(closed.next(1024)).toBeUndefined();
  });

  it('refuses the offsets of another stream, and such as were never written', () => {
    const session = restored();
    expect(refusal(() => session.attach({ type: 'attach', ...about, from: 0, streamId: 'other' }, handlers))).toBe(
      'INVALID_STATE',
    );
    expect(refusal(() => session.readOutput({ type: 'read_output', ...about, from: 101 }))).toBe('INVALID_STATE');
    expect(session.attached).toBe(0);
  });

  it('believes a client that got further than the record where the end is not known', () => {
    const session = restored(ended({ exit: LOST }));
    const attachment = session.attach({ type: 'attach', ...about, from: 130 }, handlers);
    expect(attachment.next(1024)).toEqual({ kind: 'end', offset: 130 });
    expect(session.readOutput({ type: 'read_output', ...about, from: 130 })).toMatchObject({
      from: 130,
      next: 130,
      ended: true,
    });
  });

  it('reads as one gap, and waits for nothing that cannot come', async () => {
    const session = restored();
    const { signal } = new AbortController();
    expect(session.readOutput({ type: 'read_output', ...about, from: 10 })).toMatchObject({
      gap: { from: 10, to: 100 },
      dataBase64: '',
      next: 100,
      ended: true,
    });
    expect(await session.waitFor({ type: 'wait_for', ...about, exit: true }, signal)).toMatchObject({
      matched: 'exit',
      exit: EXITED,
    });
    expect(await session.waitFor({ type: 'wait_for', ...about, idleMs: 5 }, signal)).toMatchObject({ matched: 'idle' });
    await expect(session.waitFor({ type: 'wait_for', ...about, text: 'x' }, signal)).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
  });

  it('takes no input, size or signal, and has ended when it is to end', async () => {
    const session = restored();
    for (const work of [() => session.write(), () => session.resize(), () => session.signal()]) {
      expect(refusal(work)).toBe('INVALID_STATE');
    }
    expect(await session.terminate()).toEqual({ exit: EXITED, forceKilled: false, endOffset: 100 });
  });
});

it('lets the oldest sessions of earlier runs give way when fewer are allowed than there were', async () => {
  const forgotten: string[] = [];
  const host = new LocalSessionHost({
    ptys: new PtyManager(),
    records: { keep: () => {}, forget: (sessionId) => void forgotten.push(sessionId) },
    restored: ['a', 'b', 'c'].map((id) =>
      sessionRecord(id, { state: 'stopped', exit: EXITED, stoppedAt: new Date().toISOString() }),
    ),
    ...{ bufferBytes: 65_536, gracePeriodMs: 100, idleTimeoutMs: null, retentionMs: 1000, maxSessions: 2 },
    ...{ maxLifetimeMs: null, maxIdleMs: null, containment: new Containment(pino({ level: 'silent' })) },
    env: process.env,
    shells: new Shells({ processes: new PipedProcesses({ folder: '/tmp' }), maxCommands: 1, outputBytes: 1 }),
  });
  onTestFinished(() => host.close(1000));
  expect(forgotten).toEqual(['a']);
  expect([host.size.pty, host.facts('a'), host.facts('c')?.owner]).toEqual([2, undefined, 'owner']);
});
