import {
  type AgentEvent,
  type DeltaMessage,
  decodeServerMessage,
  type EventMessage,
  GrowingTexts,
} from '@sessiond/protocol';
import { nonconformity } from '@sessiond/protocol/conformance';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AgentStream } from '../sessions/agent/agent-stream.ts';
import { EventDelivery } from './event-delivery.ts';

/** Time for a stream, which has one timer at most. */
class FakeClock {
  #now = 0;
  #timer: { readonly at: number; readonly act: () => void } | undefined;

  now = (): number => this.#now;

  after = (delayMs: number, act: () => void): (() => void) => {
    this.#timer = { at: this.#now + delayMs, act };
    return () => {
      this.#timer = undefined;
    };
  };

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timer;
    if (due === undefined || due.at > this.#now) return;
    this.#timer = undefined;
    due.act();
  }
}

/** A session id as the server makes them, and a cause as clients name them. */
const SESSION_ID = '01KAMX3T9V0000000000000000';
const CAUSE = '3f2b9c1e-27';

let clock: FakeClock;
let stream: AgentStream;

beforeEach(() => {
  clock = new FakeClock();
  stream = streamOf(8192);
});

function streamOf(maxEvents: number): AgentStream {
  const bounds = { sessionId: SESSION_ID, maxEvents, maxBytes: 4 * 1024 * 1024 };
  return new AgentStream({ ...bounds, clock, onGap: () => {}, onUnattached: () => {} });
}

/** A reader from a number on, with what its connection is sent, which is checked by the letter of the protocol. */
function readerFrom(
  from: number,
  channel = 7,
  sent: string[] = [],
): { readonly sent: readonly string[]; readonly delivery: EventDelivery } {
  const attachment = stream.attach(
    { type: 'attach', sessionId: SESSION_ID, from },
    { state: 'running' },
    { onReadable: () => {}, onInputDrained: () => {} },
  );
  const sendText = (text: string): void => {
    expect(nonconformity(text)).toBeUndefined();
    sent.push(text);
  };
  return { sent, delivery: new EventDelivery(attachment, { sessionId: SESSION_ID, channel, sendText }) };
}

/** What a client makes of what it was sent. */
function eventsOf(sent: readonly string[], texts: GrowingTexts = new GrowingTexts()): EventMessage[] {
  return sent.map((text) => {
    const decoded = decodeServerMessage(text);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const event = texts.event(decoded.message as EventMessage | DeltaMessage);
    if (event === undefined) throw new Error(`goes on with nothing: ${text}`);
    return event;
  });
}

function text(delta: string, type: 'text_delta' | 'thinking_delta' = 'text_delta', contentIndex = 0): AgentEvent {
  return { type: 'message_update', assistantMessageEvent: { type, contentIndex, delta } };
}

function output(delta: string, toolCallId = 'call-1', replaces = false): AgentEvent {
  return { type: 'tool_execution_update', toolCallId, delta, ...(replaces && { replaces: true }) };
}

/** What happens, each at once. */
function tell(...events: readonly AgentEvent[]): void {
  for (const event of events) {
    stream.push(event);
    clock.advance(150);
  }
}

function read(delivery: EventDelivery): void {
  while (delivery.sendNext() === 'something');
}

const kinds = (sent: readonly string[]): string[] => sent.map((each) => (JSON.parse(each) as EventMessage).type);

it.each([
  [500, 2],
  [100, 2.5],
  [50, 3],
])('[S42] tells a reply at %i tokens a second in at most %d times its text', (tokensPerSecond, most) => {
  const reader = readerFrom(1);
  const over = stream.workOf(CAUSE);
  let whole = '';
  for (let token = 0; token < 4_000; token += 1) {
    const next = `${String(token % 1000).padStart(3, '0')} `;
    whole += next;
    stream.push(text(next));
    clock.advance(1_000 / tokensPerSecond);
  }
  over();
  read(reader.delivery);
  const deltas = eventsOf(reader.sent).map(
    ({ event }) => (event as AgentEvent<'message_update'>).assistantMessageEvent as { readonly delta: string },
  );
  expect(deltas.map(({ delta }) => delta).join('')).toBe(whole);
  // With the header that a WebSocket puts before a message of this size.
  const bytes = reader.sent.reduce((sum, each) => sum + Buffer.byteLength(each) + (each.length > 125 ? 4 : 2), 0);
  expect(bytes / whole.length).toBeLessThanOrEqual(most);
});

describe('a text that grows', () => {
  it('is told whole once, and then only what is new, with the number of each piece', () => {
    const { sent, delivery } = readerFrom(1);
    tell(text('One'), text(' two'), text(' "three"'));
    read(delivery);
    expect(kinds(sent)).toEqual(['event', 'delta', 'delta']);
    expect(sent[2]).toBe('{"channel":7,"type":"delta","seq":3,"delta":" \\"three\\""}');
    expect(eventsOf(sent)).toMatchObject([
      { seq: 1, event: text('One') },
      { seq: 2, event: text(' two') },
      { seq: 3, event: text(' "three"') },
    ]);
  });

  it('is told whole to who comes into the middle of it, and goes on from there', () => {
    tell(text('One'), text(' two'), text(' three'));
    const { sent, delivery } = readerFrom(2);
    read(delivery);
    expect(kinds(sent)).toEqual(['event', 'delta']);
    expect(eventsOf(sent)).toMatchObject([
      { seq: 2, event: text(' two') },
      { seq: 3, event: text(' three') },
    ]);
  });

  it('is told whole behind a gap, also when what it began with is no longer kept', () => {
    stream = streamOf(2);
    const { sent, delivery } = readerFrom(1);
    tell(text('One'));
    read(delivery);
    tell(text(' two'), text(' three'), text(' four'));
    read(delivery);
    expect(kinds(sent)).toEqual(['event', 'event', 'event', 'delta']);
    expect(eventsOf(sent)).toMatchObject([
      { seq: 1 },
      { event: { type: 'events_gap', from: 2, to: 3 } },
      { seq: 3, event: text(' three') },
      { seq: 4, event: text(' four') },
    ]);
  });

  it('begins anew behind anything else, in another part of the message, for another tool and for another command', () => {
    const { sent, delivery } = readerFrom(1);
    const changes: readonly AgentEvent[] = [
      text('a'),
      text('b', 'thinking_delta'),
      text('c', 'thinking_delta', 1),
      output('d'),
      output('e', 'call-2'),
      { type: 'turn_end' },
      output('f', 'call-2'),
    ];
    tell(...changes);
    const over = stream.workOf(CAUSE);
    tell(output('g', 'call-2'));
    over();
    read(delivery);
    expect(kinds(sent)).toEqual(Array.from({ length: 8 }, () => 'event'));
    expect(eventsOf(sent).map(({ correlationId }) => correlationId)).toEqual([...changes.map(() => undefined), CAUSE]);
  });

  it('takes up nothing that replaces what a tool said before, and does not go on with it', () => {
    const { sent, delivery } = readerFrom(1);
    tell(output('10 %'), output('20 %', 'call-1', true), output(' of it'), output(' all'));
    read(delivery);
    expect(kinds(sent)).toEqual(['event', 'event', 'event', 'delta']);
    expect(eventsOf(sent).map(({ event }) => event)).toEqual([
      output('10 %'),
      output('20 %', 'call-1', true),
      output(' of it'),
      output(' all'),
    ]);
  });
});

it('tells every reader the same events, wherever it begins, however slowly it reads, and beside others on one connection', () => {
  const happening = fc.oneof(
    { weight: 14, arbitrary: fc.string({ maxLength: 8 }).map((delta) => text(delta)) },
    { weight: 1, arbitrary: fc.constant(text('aside', 'thinking_delta')) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.string({ maxLength: 8 }), fc.boolean())
        .map(([delta, replaces]) => output(delta, 'call-1', replaces)),
    },
    { weight: 1, arbitrary: fc.constant<AgentEvent>({ type: 'turn_start' }) },
  );
  const step = fc.oneof(
    { weight: 12, arbitrary: happening },
    { weight: 2, arbitrary: fc.record({ read: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ attach: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.constantFrom('cause' as const, 'over' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      stream = streamOf(3);
      // One that is never slow, and is given each event by itself.
      const known = new Map<number, EventMessage>();
      const noteNew = (): void => {
        const fresh = readerFrom(stream.end - 1);
        read(fresh.delivery);
        for (const event of eventsOf(fresh.sent)) known.set(event.seq!, event);
        fresh.delivery.close();
      };
      const sent: string[] = [];
      const readers: EventDelivery[] = [];
      let over = (): void => {};
      for (const each of steps) {
        if (each === 'cause') over = stream.workOf(CAUSE);
        else if (each === 'over') over();
        else if ('type' in each) {
          const before = stream.end;
          tell(each);
          if (stream.end > before) noteNew();
        } else if ('attach' in each && readers.length < 3) {
          readers.push(readerFrom(Math.min(1 + each.attach, stream.end), readers.length, sent).delivery);
        } else if ('read' in each) {
          for (const reader of readers) for (let count = 0; count < each.read; count += 1) reader.sendNext();
        }
      }
      for (const reader of readers) read(reader);
      for (const event of eventsOf(sent)) {
        if (event.seq === undefined) continue;
        const { channel: _, ...told } = event;
        const { channel: __, ...meant } = known.get(event.seq)!;
        expect(told).toEqual(meant);
      }
    }),
  );
});
