import type { AgentEvent } from '@sessiond/protocol';
import { beforeEach, expect, it } from 'vitest';
import type { EventAttachment, EventChunk } from '../session-host.ts';
import { AgentStream } from './agent-stream.ts';

const about = { state: 'idle' } as const;
let stream: AgentStream;
let unattached: number;
let missed: number[];

beforeEach(() => {
  unattached = 0;
  missed = [];
  stream = new AgentStream({
    sessionId: 'a',
    maxEvents: 4,
    maxBytes: 65_536,
    onUnattached: () => {
      unattached += 1;
    },
    onGap: (events) => missed.push(events),
  });
});

const turn: AgentEvent = { type: 'turn_start' };

function delta(text: string): AgentEvent {
  return { type: 'message_update', assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta: text } };
}

function attach(from?: number | 'start' | 'now', onReadable: () => void = () => {}): EventAttachment {
  const request = { type: 'attach', sessionId: 'a', ...(from !== undefined && { from }) } as const;
  return stream.attach(request, about, { onReadable, onInputDrained: () => {} });
}

/** What is there to read, as numbers and words. */
function drain(attachment: EventAttachment): (string | number)[] {
  const found: (string | number)[] = [];
  for (let chunk = attachment.next(); chunk !== undefined; chunk = attachment.next()) {
    if (chunk.kind === 'event' || chunk.kind === 'piece') found.push(chunk.seq);
    else found.push(chunk.kind === 'gap' ? `gap ${chunk.from}-${chunk.to}` : 'end');
    if (chunk.kind === 'end') break;
  }
  return found;
}

/** What goes over the wire of it, which a piece of a text lacks the channel for. */
function textOf(chunk: EventChunk | undefined): string {
  return chunk?.kind === 'event' || chunk?.kind === 'piece' ? chunk.text : '';
}

it('numbers events from 1 and gives every reader the same text', () => {
  const [one, other] = [attach(), attach()];
  stream.push(turn);
  const [first, second] = [one.next(), other.next()];
  expect(first).toEqual(second);
  expect(JSON.parse(first?.kind === 'event' ? first.text : '')).toMatchObject({
    type: 'event',
    sessionId: 'a',
    seq: 1,
    event: turn,
  });
  expect([one.next(), one.offset]).toEqual([undefined, 2]);
});

it('[S41] tells a reader that was overtaken exactly what it missed', () => {
  const reader = attach();
  for (let i = 0; i < 3; i++) stream.push(turn);
  expect(reader.next()).toMatchObject({ seq: 1 });
  for (let i = 0; i < 6; i++) stream.push(turn);
  expect(drain(reader)).toEqual(['gap 2-6', 6, 7, 8, 9]);
  expect(missed).toEqual([4]);
});

it('begins where it was asked to: at the oldest event, behind the newest, or at a number, also one that is gone', () => {
  for (let i = 0; i < 6; i++) stream.push(turn);
  expect(drain(attach('start'))).toEqual([3, 4, 5, 6]);
  expect(drain(attach('now'))).toEqual([]);
  expect(drain(attach(5))).toEqual([5, 6]);
  expect(drain(attach(1))).toEqual(['gap 1-3', 3, 4, 5, 6]);
  expect(attach(5).info).toMatchObject({ from: 5, start: 3, end: 7, state: 'idle', window: 0, role: 'driver' });
});

it('refuses a number that no event has had, and one of another life', () => {
  expect(() => attach(2)).toThrow('the output ends at 1');
  const request = { type: 'attach', sessionId: 'a', streamId: 'another' } as const;
  expect(() => stream.attach(request, about, { onReadable: () => {}, onInputDrained: () => {} })).toThrow(
    'another life of the session',
  );
});

it('puts pieces of a text together, and lets them go before anything else', () => {
  const reader = attach();
  for (const text of ['a', 'b', 'c']) stream.push(delta(text));
  stream.push(turn);
  const texts = [reader.next(), reader.next(), reader.next()].map((chunk) => textOf(chunk));
  expect(texts[0]).toContain('"delta":"a"');
  expect(texts[1]).toContain('"delta":"bc"');
  expect(texts[2]).toContain('turn_start');
});

it('names the command that is the cause, from its beginning to its end', () => {
  const reader = attach();
  stream.push(turn);
  const over = stream.workOf('c-1');
  stream.push(delta('a'));
  stream.push(delta('b'));
  over();
  stream.push(turn);
  const causes: unknown[] = [];
  for (let text = textOf(reader.next()); text !== ''; text = textOf(reader.next())) {
    const { type, correlationId } = JSON.parse(text) as { readonly type: string; readonly correlationId?: string };
    causes.push(type === 'delta' ? type : correlationId);
  }
  expect(causes).toEqual([undefined, 'c-1', 'delta', undefined]);
});

it('wakes readers for every event and for the end, and takes nothing afterwards', () => {
  let woken = 0;
  const reader = attach('start', () => {
    woken += 1;
  });
  stream.push(turn);
  expect(woken).toBe(1);
  stream.finish({ type: 'agent_stopped', reason: 'terminated' });
  stream.push(turn);
  stream.finish({ type: 'agent_stopped', reason: 'failed' });
  expect(woken).toBe(3);
  expect(drain(reader)).toEqual([1, 2, 'end']);
  expect(drain(attach('now'))).toEqual(['end']);
});

it('tells when the last reader has let go, once for each time', () => {
  const [one, other] = [attach(), attach()];
  expect(stream.attached).toBe(2);
  one.close();
  one.close();
  expect(unattached).toBe(0);
  other.close();
  expect([stream.attached, unattached]).toEqual([0, 1]);
});

it('tells nobody that the event 0 is gone, which there never was', () => {
  stream.push(turn);
  const attachment = attach(0);
  expect([attachment.info.from, drain(attachment), missed]).toEqual([1, [1], []]);
});

it('takes nothing behind the last event, also of commands beside the agent', () => {
  const bash = { type: 'bash.started', bashId: 'b', command: 'true' } as unknown as Parameters<AgentStream['add']>[0];
  expect(stream.add(bash, 'c-1')).toBe(1);
  stream.finish({ type: 'agent_stopped', reason: 'terminated' });
  expect([stream.add(bash, 'c-2'), stream.end]).toEqual([0, 3]);
  expect(drain(attach())).toEqual([1, 2, 'end']);
});
