import type { AgentEvent } from '@sessiond/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { DeltaCoalescer } from './delta-coalescer.ts';

function text(delta: string, contentIndex = 0): AgentEvent {
  return { type: 'message_update', assistantMessageEvent: { type: 'text_delta', contentIndex, delta } };
}

function output(delta: string, toolCallId = 't-1'): AgentEvent {
  return { type: 'tool_execution_update', toolCallId, delta };
}

function setUp(options: { flushBytes?: number; maxDelayMs?: number } = {}) {
  const emitted: AgentEvent[] = [];
  const clock = new FakeClock();
  const coalescer = new DeltaCoalescer({ emit: (event) => emitted.push(event), clock, ...options });
  return { emitted, clock, coalescer };
}

/** What a reader who adds everything up ends with, by text, and all else in its order. */
function sums(events: readonly AgentEvent[]): unknown {
  const texts = new Map<string, string>();
  const others: AgentEvent[] = [];
  for (const event of events) {
    if (event.type === 'tool_execution_update') {
      const name = `tool ${event.toolCallId}`;
      texts.set(name, (event.replaces ? '' : (texts.get(name) ?? '')) + event.delta);
    } else if (event.type === 'message_update' && event.assistantMessageEvent.type !== 'toolcall_start') {
      const { type, contentIndex, delta } = event.assistantMessageEvent;
      // At which of the other events it lies is part of what must not change.
      const name = `${type} ${contentIndex} after ${others.length}`;
      texts.set(name, (texts.get(name) ?? '') + delta);
    } else {
      others.push(event);
    }
  }
  return { texts: [...texts], others };
}

describe('a delta coalescer', () => {
  it('[AG03] lets the first piece go at once and the next together, as soon as they are enough', () => {
    const { coalescer, emitted } = setUp({ flushBytes: 8 });
    for (const delta of ['one ', 'two ', 'three ', 'four ']) coalescer.push(text(delta));
    expect(emitted).toEqual([text('one '), text('two three ')]);
    coalescer.flush();
    expect(emitted.at(-1)).toEqual(text('four '));
  });

  it('[AG03] lets a piece wait no longer than the longest delay, and leaves no timer behind', async () => {
    const { coalescer, emitted, clock } = setUp({ maxDelayMs: 150 });
    coalescer.push(text('a'));
    coalescer.push(text('b'));
    await clock.advance(100);
    coalescer.push(text('c'));
    await clock.advance(49);
    expect(emitted).toEqual([text('a')]);
    await clock.advance(1);
    expect(emitted).toEqual([text('a'), text('bc')]);
    expect(clock.waiting).toBe(0);
  });

  it('[AG03] keeps the order: anything else lets what waits go first', () => {
    const { coalescer, emitted, clock } = setUp();
    const end: AgentEvent = { type: 'message_end', role: 'assistant' };
    for (const event of [text('a'), text('b'), text('c', 1), text('d', 1), end, text('e')]) coalescer.push(event);
    expect(emitted).toEqual([text('a'), text('b'), text('c', 1), text('d', 1), end, text('e')]);
    expect(clock.waiting).toBe(0);
  });

  it('tells the beginning of a tool call apart from its arguments', () => {
    const { coalescer, emitted } = setUp();
    const start: AgentEvent = {
      type: 'message_update',
      assistantMessageEvent: { type: 'toolcall_start', contentIndex: 1, toolCallId: 't', toolName: 'bash' },
    };
    const more = (delta: string): AgentEvent => ({
      type: 'message_update',
      assistantMessageEvent: { type: 'toolcall_delta', contentIndex: 1, delta },
    });
    for (const event of [start, start, more('{'), more('"a'), more('"}')]) coalescer.push(event);
    coalescer.flush();
    expect(emitted).toEqual([start, start, more('{'), more('"a"}')]);
  });

  it('keeps the outputs of two tools apart', () => {
    const { coalescer, emitted } = setUp();
    for (const event of [output('a', 't-1'), output('b', 't-2'), output('c', 't-2')]) coalescer.push(event);
    coalescer.flush();
    expect(emitted).toEqual([output('a', 't-1'), output('b', 't-2'), output('c', 't-2')]);
  });

  it('drops waiting output that is replaced, and says of the sum that it replaces', () => {
    const { coalescer, emitted } = setUp();
    const whole: AgentEvent = { type: 'tool_execution_update', toolCallId: 't-1', delta: 'new', replaces: true };
    for (const event of [output('a'), output('b'), whole, output('er')]) coalescer.push(event);
    coalescer.flush();
    expect(emitted).toEqual([output('a'), { ...whole, delta: 'newer' }]);
  });

  it('[AG03] costs a fast reply of 4,000 tokens less than three times its text, envelopes included', () => {
    const { coalescer, emitted } = setUp();
    for (let token = 0; token < 4000; token += 1) coalescer.push(text('word'));
    coalescer.flush();
    const envelope = { sessionId: 's'.repeat(100), correlationId: 'c'.repeat(100), seq: 100_000 };
    const bytes = emitted.reduce((sum, event) => sum + JSON.stringify({ ...event, ...envelope }).length, 0);
    expect(bytes).toBeLessThan(3 * 4 * 4000);
  });

  it('[AG03] changes neither the sums nor anything else, whatever comes', async () => {
    const delta = fc.string({ unit: 'grapheme', maxLength: 40 });
    const index = fc.nat({ max: 1 });
    const event = fc.oneof(
      fc.tuple(delta, index).map(([given, at]) => text(given, at)),
      fc.tuple(delta, index, fc.boolean()).map(
        ([given, at, replaces]): AgentEvent => ({
          type: 'tool_execution_update',
          toolCallId: `t-${at}`,
          delta: given,
          ...(replaces && { replaces: true }),
        }),
      ),
      fc.constantFrom<AgentEvent>({ type: 'turn_start' }, { type: 'message_end', role: 'assistant' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(event, fc.nat({ max: 100 })), { maxLength: 40 }), async (steps) => {
        const { coalescer, emitted, clock } = setUp({ flushBytes: 20, maxDelayMs: 150 });
        for (const [pushed, waitMs] of steps) {
          coalescer.push(pushed);
          await clock.advance(waitMs);
        }
        await clock.advance(150);
        expect(sums(emitted)).toEqual(sums(steps.map(([pushed]) => pushed)));
        expect(clock.waiting).toBe(0);
      }),
    );
  });

  it.each([
    ['flushBytes', 0],
    ['maxDelayMs', -1],
    ['maxDelayMs', 2 ** 31],
  ])('refuses %s of %d by name', (option, value) => {
    expect(() => setUp({ [option]: value })).toThrow(expect.objectContaining({ option }));
  });
});
