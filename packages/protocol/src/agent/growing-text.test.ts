import { describe, expect, it } from 'vitest';
import { type EventMessage, type KnownEvent, sessionEvent } from '../events.ts';
import type { DeltaMessage } from './delta-message.ts';
import { GrowingTexts, goesOn, isPiece, type PieceEvent, withDelta } from './growing-text.ts';

const timestamp = '2026-01-31T12:00:00.000Z';

function text(delta: string, contentIndex = 0): PieceEvent {
  return { type: 'message_update', assistantMessageEvent: { type: 'text_delta', contentIndex, delta } };
}

function output(delta: string, toolCallId = 'call-1'): PieceEvent {
  return { type: 'tool_execution_update', toolCallId, delta };
}

function whole(event: KnownEvent, seq: number, channel?: number): EventMessage {
  const message = sessionEvent({ sessionId: 'a', seq, timestamp, correlationId: 'c-1' }, event);
  return { ...message, ...(channel !== undefined && { channel }) };
}

function delta(seq: number, channel: number, added: string): DeltaMessage {
  return { type: 'delta', channel, seq, delta: added };
}

describe('the texts that grow on a connection', () => {
  it('make a delta the event that it stands in for, one after the other', () => {
    const texts = new GrowingTexts();
    expect(texts.event(whole(text('one'), 4, 1))).toEqual(whole(text('one'), 4, 1));
    expect(texts.event(delta(5, 1, ' two'))).toEqual(whole(text(' two'), 5, 1));
    expect(texts.event(delta(6, 1, ''))).toEqual(whole(text(''), 6, 1));
    expect(texts.event(delta(7, 1, ' three'))).toEqual(whole(text(' three'), 7, 1));
  });

  it('are told apart by their channels', () => {
    const texts = new GrowingTexts();
    texts.event(whole(text('one'), 4, 1));
    texts.event(whole(output('x'), 4, 2));
    expect(texts.event(delta(5, 2, 'y'))).toEqual(whole(output('y'), 5, 2));
    expect(texts.event(delta(5, 1, ' two'))).toEqual(whole(text(' two'), 5, 1));
  });

  it('are not begun by an event without a channel, which is handed on as it is', () => {
    const texts = new GrowingTexts();
    const turn = whole({ type: 'turn_start' }, 4);
    expect(texts.event(turn)).toBe(turn);
    expect(texts.event(delta(5, 0, 'x'))).toBeUndefined();
  });

  it('say so when a delta goes on with nothing, with something that cannot grow, or not where that ended', () => {
    const texts = new GrowingTexts();
    expect(texts.event(delta(1, 1, 'x'))).toBeUndefined();
    texts.event(whole({ type: 'turn_start' }, 1, 1));
    expect(texts.event(delta(2, 1, 'x'))).toBeUndefined();
    texts.event(whole(text('one'), 4, 1));
    for (const seq of [4, 6]) expect(texts.event(delta(seq, 1, 'x'))).toBeUndefined();
    expect(texts.event(delta(5, 1, 'x'))).toBeDefined();
  });

  it('are forgotten beyond 256 channels, the one first that was silent for longest', () => {
    const texts = new GrowingTexts();
    for (let channel = 1; channel <= 256; channel += 1) texts.event(whole(text('a'), 1, channel));
    expect(texts.event(delta(2, 1, 'b'))).toBeDefined();
    texts.event(whole(text('a'), 1, 257));
    expect(
      [1, 2, 3, 257].map((channel) => texts.event(delta(channel === 1 ? 3 : 2, channel, 'c')) !== undefined),
    ).toEqual([true, false, true, true]);
  });
});

it('lets a piece go on with one that differs in what it adds, and in nothing else', () => {
  expect(goesOn(text('a'), text('b'))).toBe(true);
  expect(goesOn(text('a'), text('b', 1))).toBe(false);
  expect(goesOn(output('a'), output('b'))).toBe(true);
  expect(goesOn(output('a'), output('b', 'call-2'))).toBe(false);
  expect(goesOn(text('a'), output('b'))).toBe(false);
  expect(goesOn(output('a'), text('b'))).toBe(false);
  const thinking = { type: 'thinking_delta', contentIndex: 0, delta: 'b' } as const;
  expect(goesOn(text('a'), { type: 'message_update', assistantMessageEvent: thinking })).toBe(false);
});

it('takes no beginning of a call, and no output that replaces what came before, for a piece', () => {
  const begun = { type: 'toolcall_start', contentIndex: 0, toolCallId: 'c', toolName: 'bash' } as const;
  expect(isPiece({ type: 'message_update', assistantMessageEvent: begun })).toBe(false);
  expect(isPiece({ type: 'tool_execution_update', toolCallId: 'c', delta: 'x', replaces: true })).toBe(false);
  expect(isPiece({ type: 'turn_start' })).toBe(false);
  expect([text('a'), output('b')].every(isPiece)).toBe(true);
  expect(withDelta(output('a'), 'b')).toEqual(output('b'));
});
