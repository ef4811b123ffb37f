import { decodeFrame, type KnownEvent, ProtocolError } from '@sessiond/protocol';
import type { OutputChunk } from '@sessiond/pty-core';
import { beforeEach, expect, it } from 'vitest';
import type { SessionAttachment, SessionEvent } from '../sessions/session-host.ts';
import type { Transport } from '../transports/transport.ts';
import { Channels } from './channels.ts';
import { Traffic } from './traffic.ts';

/** A transport that takes `room` bytes of frames and then nothing until it has drained. */
class FakeTransport {
  readonly sent: string[] = [];
  room = Number.POSITIVE_INFINITY;
  bufferedBytes = 0;

  allocateFrame(bytes: number): Uint8Array {
    return new Uint8Array(bytes);
  }

  sendFrame(buffer: Uint8Array): void {
    const decoded = decodeFrame(buffer);
    if (!decoded.ok) throw new Error(decoded.error.message);
    this.sent.push(`${decoded.frame.kind} ${decoded.frame.channel}`);
    this.room -= buffer.length;
    if (this.room < 0) this.bufferedBytes += 1024 * 1024;
  }
}

/** A session with this much output, which ends when it is told to. */
class FakeSession {
  left: number;
  ended = false;
  offset = 0;
  closed = 0;
  onReadable: () => void = () => {};

  constructor(bytes: number) {
    this.left = bytes;
  }

  get pending(): number {
    return this.left;
  }

  get acknowledged(): number {
    return this.offset;
  }

  next(maxBytes: number): OutputChunk | undefined {
    if (this.left === 0) return this.ended ? { kind: 'end', offset: this.offset } : undefined;
    const bytes = new Uint8Array(Math.min(maxBytes, this.left));
    const { offset } = this;
    this.left -= bytes.length;
    this.offset += bytes.length;
    return { kind: 'bytes', bytes, offset };
  }

  acknowledge(): boolean {
    return true;
  }

  close(): void {
    this.closed += 1;
  }
}

const MIB = 1024 * 1024;
let transport: FakeTransport;
let traffic: Traffic;
let sessions: Map<string, FakeSession>;
let told: string[];
let channels: Channels;
let attached: Set<string>;

const never: AbortSignal = new AbortController().signal;

beforeEach(() => {
  transport = new FakeTransport();
  traffic = new Traffic();
  sessions = new Map([
    ['a', new FakeSession(MIB)],
    ['b', new FakeSession(MIB)],
    ['quiet', new FakeSession(0)],
  ]);
  told = [];
  attached = new Set();
  channels = new Channels({
    guard: (callback) => callback,
    transport: transport as unknown as Transport,
    sendText: (text) => told.push(text),
    traffic,
    host: {
      attach: async ({ sessionId, role = 'driver', window = 0 }, { onReadable }) => {
        const session = sessions.get(sessionId);
        if (session === undefined) throw new ProtocolError('SESSION_NOT_FOUND', 'no such session');
        session.onReadable = onReadable;
        return Object.assign(session, { info: { role, window }, replayEnd: 0 }) as unknown as SessionAttachment;
      },
    },
    onAttached: (sessionId) => attached.add(sessionId),
    onDetached: (sessionId) => attached.delete(sessionId),
    onDue: ({ seq, event }) => told.push(seq === 1 ? event.type : `${event.type} ${seq}`),
  });
});

async function attach(sessionId: string, role: 'driver' | 'observer' = 'driver'): Promise<number> {
  const { channel } = await channels.attach({ type: 'attach', sessionId, role }, new AbortController().signal);
  channels.start(channel);
  return channel;
}

type NewsType = 'pty.stopped' | 'session_created' | 'session_deleted' | 'pty.resized';

function event(type: NewsType, sessionId = 'quiet', seq = 1): SessionEvent {
  return { sessionId, seq, timestamp: '2026-01-31T12:00:00.000Z', event: { type } as KnownEvent };
}

it('lets floods take turns when the transport drains, and another one begin each time', async () => {
  transport.bufferedBytes = MIB;
  await attach('a');
  await attach('b');
  for (let drain = 0; drain < 2; drain += 1) {
    transport.bufferedBytes = 0;
    transport.room = 3 * 64 * 1024;
    channels.drained();
    transport.sent.push('|');
  }
  expect(transport.sent.join(', ')).toBe('output 1, output 2, output 1, |, output 2, output 1, output 2, |');
});

it('tells of an end after the last byte, and of anything else at once', async () => {
  const session = sessions.get('quiet')!;
  await attach('quiet');
  expect(['pty.resized', 'pty.stopped', 'session_deleted'].map((type) => channels.holds(event(type as never)))).toEqual(
    [false, true, true],
  );
  session.left = 10;
  session.onReadable();
  expect(told).toEqual([]);
  session.ended = true;
  session.onReadable();
  expect([transport.sent, told]).toEqual([
    ['output 1', 'end 1'],
    ['pty.stopped', 'session_deleted'],
  ]);
  expect(channels.holds(event('pty.stopped'))).toBe(false);
});

it('passes over an acknowledgement for an attachment that has ended, and over nothing else', async () => {
  const session = sessions.get('quiet')!;
  const channel = await attach('quiet');
  channels.holds(event('session_deleted'));
  session.ended = true;
  session.onReadable();
  expect(transport.sent).toEqual(['end 1']);
  channels.frame({ kind: 'ack', channel, offset: 0 });
  for (const frame of [
    { kind: 'ack', channel: channel + 1, offset: 0 },
    { kind: 'input', channel, offset: 0, payload: new Uint8Array(1) },
  ] as const) {
    expect(() => channels.frame(frame)).toThrow(`channel ${frame.channel} is not attached`);
  }
});

it('tells of an end that was held back once the attachment is over', async () => {
  await attach('quiet');
  expect(channels.holds(event('pty.stopped'))).toBe(true);
  expect(channels.holds(event('pty.stopped', 'a'))).toBe(false);
  expect(channels.detach('quiet')).toEqual({ sessionId: 'quiet', channel: 1, offset: 0 });
  expect([told, [...attached]]).toEqual([['pty.stopped'], []]);
  expect(() => channels.detach('quiet')).toThrow('not attached');
});

it('lets an observer drive nothing until the session is another one', async () => {
  await attach('quiet', 'observer');
  expect(() => channels.assertMayDrive('quiet')).toThrow('observer');
  expect(() => channels.assertMayDrive('a')).not.toThrow();
  channels.holds(event('session_deleted'));
  expect(() => channels.assertMayDrive('quiet')).not.toThrow();
});

it('tells of the end of a session before another one takes its id, and holds nothing of the others', async () => {
  const first = sessions.get('quiet')!;
  await attach('quiet');
  const tell = (type: NewsType, seq?: number): void => {
    const news = event(type, 'quiet', seq);
    if (!channels.holds(news)) told.push(seq === undefined ? type : `${type} ${seq}`);
  };
  tell('pty.stopped', 9);
  tell('session_deleted');
  expect(told).toEqual([]);
  for (const seq of [5, 6, 7]) {
    tell('session_created');
    tell('pty.stopped', seq);
    tell('session_deleted');
  }
  tell('session_created');
  const ends = [9, 5, 6, 7].flatMap((seq) => [`pty.stopped ${seq}`, 'session_deleted', 'session_created']);
  expect(told).toEqual(ends);
  told.length = 0;
  first.left = 10;
  first.ended = true;
  first.onReadable();
  expect([transport.sent, told]).toEqual([['output 1', 'end 1'], []]);
});

it('counts what it sends, by kind, and what was sent and not acknowledged', async () => {
  const slow = new FakeSession(10_000);
  Object.defineProperty(slow, 'acknowledged', { get: () => 4_000 });
  sessions.set('slow', slow);
  const { channel } = await channels.attach({ type: 'attach', sessionId: 'slow', window: 12_000 }, never);
  channels.start(channel);
  expect(channels.snapshot()).toEqual({ unacknowledgedBytes: 6_000, windowBytes: 12_000 });
  await attach('quiet');
  expect(channels.snapshot()).toEqual({ unacknowledgedBytes: 6_000, windowBytes: 12_000 });
  expect(traffic.sent).toMatchObject({ output: 16 + 10_000, end: 0, gap: 0 });
  channels.close();
  expect(channels.snapshot()).toEqual({ unacknowledgedBytes: 0, windowBytes: 0 });
});

it('keeps the attachment to a session when the output of a former one of its id ends', async () => {
  const former = sessions.get('quiet')!;
  await attach('quiet', 'observer');
  channels.holds(event('session_deleted'));
  expect([...attached]).toEqual([]);
  channels.holds(event('session_created'));
  sessions.set('quiet', new FakeSession(0));
  expect(await attach('quiet')).toBe(2);
  former.ended = true;
  former.onReadable();
  expect(() => channels.assertMayDrive('quiet')).not.toThrow();
  expect([...attached]).toEqual(['quiet']);
  expect(channels.holds(event('pty.stopped'))).toBe(true);
  expect(channels.detach('quiet')).toMatchObject({ channel: 2 });
});

it('ends the rest of a former session when the client does not want it', async () => {
  const former = sessions.get('quiet')!;
  await attach('quiet');
  channels.holds(event('session_deleted'));
  sessions.set('quiet', new FakeSession(0));
  await attach('quiet');
  expect([channels.detach('quiet'), channels.detach('quiet')]).toMatchObject([{ channel: 2 }, { channel: 1 }]);
  expect([former.closed, told]).toEqual([1, ['session_deleted']]);
  expect(() => channels.detach('quiet')).toThrow('not attached');
});

it('does not take a session for attached that is deleted while the attachment is made', async () => {
  const former = sessions.get('quiet')!;
  const attaching = attach('quiet');
  expect(channels.holds(event('session_deleted'))).toBe(false);
  sessions.set('quiet', new FakeSession(0));
  const channel = await attach('quiet');
  expect(await attaching).not.toBe(channel);
  former.ended = true;
  former.onReadable();
  expect([transport.sent, [...attached]]).toEqual([['end 1'], ['quiet']]);
  expect(channels.detach('quiet')).toMatchObject({ channel });
});

it('tells at once what was held for an attachment whose answer was never sent', async () => {
  const command = { type: 'attach', sessionId: 'quiet' } as const;
  await channels.attach(command, never);
  expect(channels.holds(event('pty.stopped'))).toBe(true);
  channels.dropUnannounced({ ...command });
  expect(told).toEqual([]);
  channels.dropUnannounced(command);
  expect(told).toEqual(['pty.stopped']);
});

it('has one attachment per session, also while one is being made, and never uses a number twice', async () => {
  const first = attach('quiet');
  await expect(attach('quiet')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  expect(await first).toBe(1);
  await expect(attach('quiet')).rejects.toMatchObject({ details: { channel: 1 } });
  channels.detach('quiet');
  expect(await attach('quiet')).toBe(2);
  await expect(attach('nobody')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  expect(await attach('a')).toBe(3);
});

it('keeps nothing of an attachment that nobody waits for any more', async () => {
  const cancelled = new AbortController();
  const attaching = channels.attach({ type: 'attach', sessionId: 'a' }, cancelled.signal);
  cancelled.abort(new Error('cancelled'));
  await expect(attaching).rejects.toThrow('cancelled');
  const unanswered = { type: 'attach', sessionId: 'b' } as const;
  await channels.attach(unanswered, never);
  channels.dropUnannounced(unanswered);
  channels.close();
  await expect(attach('quiet')).rejects.toMatchObject({ code: 'CANCELLED' });
  expect([...sessions.values()].map(({ closed }) => closed)).toEqual([1, 1, 1]);
  expect([transport.sent, [...attached]]).toEqual([[], []]);
});
