import type { KnownEvent } from '@sessiond/protocol';
import { beforeEach, expect, it } from 'vitest';
import { AgentStream } from '../sessions/agent/agent-stream.ts';
import type { SessionEvent } from '../sessions/session-host.ts';
import type { Transport } from '../transports/transport.ts';
import { Channels } from './channels.ts';
import { Traffic } from './traffic.ts';

const never = new AbortController().signal;
/** More than a subscription lets wait. */
const MIB = 1024 * 1024;

let stream: AgentStream;
let transport: { bufferedBytes: number };
let told: (number | string)[];
let attached: Set<string>;
let channels: Channels;

beforeEach(() => {
  told = [];
  attached = new Set();
  transport = { bufferedBytes: 0 };
  stream = streamOf();
  channels = new Channels({
    guard: (callback) => callback,
    transport: transport as unknown as Transport,
    traffic: new Traffic(),
    host: { attach: async (request, handlers) => stream.attach(request, { state: 'idle' }, handlers) },
    onAttached: (sessionId) => attached.add(sessionId),
    onDetached: (sessionId) => attached.delete(sessionId),
    onDue: ({ event }) => told.push(event.type),
    sendText: (text) => {
      const { seq, event } = JSON.parse(text) as { seq?: number; event: { type: string; from: number; to: number } };
      told.push(seq ?? `${event.type} ${event.from}-${event.to}`);
    },
  });
});

function streamOf(): AgentStream {
  return new AgentStream({ sessionId: 'a', maxEvents: 4, maxBytes: 65_536, onGap: () => {}, onUnattached: () => {} });
}

function happen(times: number): void {
  for (let i = 0; i < times; i++) stream.push({ type: 'turn_start' });
}

async function attach(from?: number | 'now'): Promise<number> {
  const command = { type: 'attach', sessionId: 'a', ...(from !== undefined && { from }) } as const;
  const { channel } = await channels.attach(command, never);
  channels.start(channel);
  return channel;
}

async function follow(after?: number): Promise<number> {
  const seq = await channels.follow('a', after, never);
  channels.startFollowing('a', true);
  return seq;
}

function deleted(): SessionEvent {
  const event = { type: 'session_deleted', sessionId: 'a', reason: 'deleted' } as KnownEvent;
  return { sessionId: 'a', seq: 0, timestamp: '2026-01-31T12:00:00.000Z', event };
}

it('[AS03] tells who attached and follows every event once', async () => {
  happen(1);
  expect(await follow(0)).toBe(0);
  await attach('now');
  expect(await follow()).toBe(1);
  happen(2);
  expect(told).toEqual([1, 2, 3]);
  expect(stream.attached).toBe(1);
});

it('[AS03] goes where somebody names a place, whoever it is', async () => {
  happen(2);
  const channel = await attach();
  expect(await follow(1)).toBe(1);
  expect(told).toEqual([1, 2, 2]);
  expect(channels.detach('a')).toEqual({ sessionId: 'a', channel, offset: 3 });
  const again = await attach(1);
  expect(again).toBeGreaterThan(channel);
  expect(told).toEqual([1, 2, 2, 1, 2]);
});

it('[AS03] gives the place up when it is wanted for neither, and not before', async () => {
  await attach();
  await follow();
  channels.detach('a');
  expect([attached.size, stream.attached]).toEqual([0, 1]);
  happen(1);
  channels.unfollow('a');
  expect(stream.attached).toBe(0);
  await attach('now');
  await follow();
  channels.unfollow('a');
  happen(1);
  expect([told, stream.attached, attached.size]).toEqual([[1, 2], 1, 1]);
});

it('sends nothing before the answer, and leaves nothing behind where there was none', async () => {
  happen(1);
  await channels.follow('a', 0, never);
  expect(told).toEqual([]);
  channels.startFollowing('a', false);
  expect([told, stream.attached]).toEqual([[], 0]);

  await attach('now');
  await channels.follow('a', 0, never);
  channels.startFollowing('a', false);
  happen(1);
  expect(told).toEqual([1, 2]);
});

it('begins each place with the answer to the command that named it, whichever is answered first', async () => {
  happen(2);
  const command = { type: 'attach', sessionId: 'a', from: 2 } as const;
  const { channel } = await channels.attach(command, never);
  await channels.follow('a', 0, never);
  channels.start(channel);
  expect(told).toEqual([]);
  channels.startFollowing('a', true);
  expect(told).toEqual([1, 2]);

  channels.detach('a');
  await channels.follow('a', 0, never);
  const again = await channels.attach(command, never);
  channels.startFollowing('a', true);
  expect(told).toEqual([1, 2]);
  channels.start(again.channel);
  expect(told).toEqual([1, 2, 2]);
});

it('leaves nothing of an attachment whose answer was never sent, also where following has moved its place', async () => {
  happen(1);
  const command = { type: 'attach', sessionId: 'a' } as const;
  await channels.attach(command, never);
  await channels.follow('a', 0, never);
  channels.startFollowing('a', true);
  channels.dropUnannounced(command);
  expect([told, attached.size, stream.attached]).toEqual([[1], 0, 1]);
  channels.unfollow('a');
  expect(stream.attached).toBe(0);
});

it('lets go of a place in the events of an agent that was deleted before the answer, once they are told', async () => {
  happen(1);
  await channels.follow('a', 0, never);
  stream.finish({ type: 'agent_stopped', reason: 'terminated' });
  expect(channels.holds(deleted())).toBe(true);
  channels.startFollowing('a', true);
  expect([told, stream.attached]).toEqual([[1, 2, 'session_deleted'], 0]);
});

it('does not follow for a command that was answered already with something else', async () => {
  await attach();
  const reason = new Error('cancelled');
  await expect(channels.follow('a', undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
  channels.detach('a');
  expect(stream.attached).toBe(0);
});

it('lets go of a place that was asked for by a command that was cancelled meanwhile', async () => {
  const abort = new AbortController();
  const following = channels.follow('a', undefined, abort.signal);
  abort.abort(new Error('cancelled'));
  await expect(following).rejects.toThrow('cancelled');
  expect([stream.attached, channels.reads('a')]).toEqual([0, false]);
});

it('[S41] lets a client that does not read stand where it is, and tells it exactly what it missed', async () => {
  await attach();
  happen(2);
  transport.bufferedBytes = MIB;
  happen(7);
  expect(told).toEqual([1, 2]);
  transport.bufferedBytes = 0;
  channels.drained();
  expect(told).toEqual([1, 2, 'events_gap 3-6', 6, 7, 8, 9]);
});

it('tells of the deletion after the last event, also one who only follows, and a new session meets no trace of it', async () => {
  await follow(0);
  transport.bufferedBytes = MIB;
  happen(1);
  stream.finish({ type: 'agent_stopped', reason: 'terminated' });
  expect(channels.holds(deleted())).toBe(true);
  expect(channels.reads('a')).toBe(false);
  transport.bufferedBytes = 0;
  channels.drained();
  expect([told, stream.attached]).toEqual([[1, 2, 'session_deleted'], 0]);
});

it('gives who followed an agent that is over the one that takes its place, when it follows again', async () => {
  await attach();
  await follow();
  happen(1);
  stream.finish({ type: 'agent_stopped', reason: 'failed' });
  expect([told, attached.size]).toEqual([[1, 2], 1]);
  stream = streamOf();
  const event = { type: 'session_created' } as KnownEvent;
  channels.holds({ sessionId: 'a', seq: 0, timestamp: '2026-01-31T12:00:00.000Z', event });
  expect([channels.reads('a'), attached.size]).toEqual([false, 0]);
  expect(await follow()).toBe(0);
  await attach('now');
  happen(2);
  expect(told).toEqual([1, 2, 1, 2]);
});

it('takes no input for an agent, and acknowledgements only of what was sent', async () => {
  happen(1);
  const channel = await attach();
  expect(() => channels.frame({ kind: 'input', channel, offset: 0, payload: new Uint8Array(1) })).toThrow('kind agent');
  expect(() => channels.frame({ kind: 'ack', channel, offset: 3 })).toThrow('it was not sent');
  channels.frame({ kind: 'ack', channel, offset: 2 });
});

it('has at most 256 sessions come its way, attached or followed', async () => {
  for (let i = 0; i < 256; i++) await channels.follow(`agent-${i}`, undefined, never);
  await expect(channels.follow('one-more', undefined, never)).rejects.toMatchObject({ code: 'CAPACITY_EXCEEDED' });
  expect(await channels.follow('agent-7', undefined, never)).toBe(0);
});

it('has at most 256 of them also when they are asked for at once', async () => {
  const asked = Array.from({ length: 300 }, (_, index) => channels.follow(`agent-${index}`, undefined, never));
  const settled = await Promise.allSettled(asked);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(256);
  expect(stream.attached).toBe(256);
});
