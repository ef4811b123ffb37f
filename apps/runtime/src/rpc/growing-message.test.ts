import { describe, expect, it } from 'vitest';
import { GrowingMessage } from './growing-message.ts';

const START = {
  role: 'assistant',
  content: [],
  timestamp: '2026-01-02T03:04:05.678Z',
  provider: 'local',
  model: 'small',
} as const;

/** What a client sees in a line: the piece, and the message it was given with it. */
function seen(lines: readonly string[]): { readonly event: Record<string, unknown>; readonly content: unknown }[] {
  return lines.map((line) => {
    const { type, assistantMessageEvent, message } = JSON.parse(line);
    const { partial, ...event } = assistantMessageEvent;
    expect(type).toBe('message_update');
    expect(partial).toEqual(message);
    return { event, content: message.content };
  });
}

describe('a growing message', () => {
  it('gives the whole message with each piece, and frames each part with its start and end', () => {
    const message = new GrowingMessage(START);
    const lines = [
      ...message.grow({ type: 'thinking_delta', contentIndex: 0, delta: 'Hm' }),
      ...message.grow({ type: 'text_delta', contentIndex: 1, delta: 'Hel' }),
      ...message.grow({ type: 'text_delta', contentIndex: 1, delta: 'lo' }),
      ...message.end(),
    ];
    const thought = { type: 'thinking', thinking: 'Hm' };
    expect(seen(lines)).toEqual([
      { event: { type: 'thinking_start', contentIndex: 0 }, content: [{ type: 'thinking', thinking: '' }] },
      { event: { type: 'thinking_delta', contentIndex: 0, delta: 'Hm' }, content: [thought] },
      { event: { type: 'thinking_end', contentIndex: 0, content: 'Hm' }, content: [thought] },
      { event: { type: 'text_start', contentIndex: 1 }, content: [thought, { type: 'text', text: '' }] },
      {
        event: { type: 'text_delta', contentIndex: 1, delta: 'Hel' },
        content: [thought, { type: 'text', text: 'Hel' }],
      },
      {
        event: { type: 'text_delta', contentIndex: 1, delta: 'lo' },
        content: [thought, { type: 'text', text: 'Hello' }],
      },
      {
        event: { type: 'text_end', contentIndex: 1, content: 'Hello' },
        content: [thought, { type: 'text', text: 'Hello' }],
      },
    ]);
  });

  it('gives the arguments of a tool once they are whole', () => {
    const message = new GrowingMessage(START);
    const call = { type: 'toolCall', id: 'call-1', name: 'bash' };
    const lines = [
      ...message.grow({ type: 'toolcall_start', contentIndex: 0, toolCallId: 'call-1', toolName: 'bash' }),
      ...message.grow({ type: 'toolcall_delta', contentIndex: 0, delta: '{"command":' }),
      ...message.grow({ type: 'toolcall_delta', contentIndex: 0, delta: '"ls"}' }),
      ...message.end(),
    ];
    expect(seen(lines)).toEqual([
      { event: { type: 'toolcall_start', contentIndex: 0 }, content: [{ ...call, arguments: {} }] },
      {
        event: { type: 'toolcall_delta', contentIndex: 0, delta: '{"command":' },
        content: [{ ...call, arguments: {} }],
      },
      {
        event: { type: 'toolcall_delta', contentIndex: 0, delta: '"ls"}' },
        content: [{ ...call, arguments: { command: 'ls' } }],
      },
      {
        event: { type: 'toolcall_end', contentIndex: 0, toolCall: { ...call, arguments: { command: 'ls' } } },
        content: [{ ...call, arguments: { command: 'ls' } }],
      },
    ]);
  });

  it('tells who said it, when, and how it ended', () => {
    const message = new GrowingMessage(START);
    message.grow({ type: 'text_delta', contentIndex: 0, delta: 'no' });
    const usage = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, totalTokens: 10 };
    expect(message.message({ stopReason: 'error', errorMessage: 'broken', usage })).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'no' }],
      api: 'unknown',
      provider: 'local',
      model: 'small',
      usage: { ...usage, cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 } },
      stopReason: 'error',
      errorMessage: 'broken',
      timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    });
  });

  it('goes on telling pieces when it is too long to be kept', () => {
    const message = new GrowingMessage(START);
    const half = 'x'.repeat(9 * 1024 * 1024);
    message.grow({ type: 'text_delta', contentIndex: 0, delta: half });
    const [line] = message.grow({ type: 'text_delta', contentIndex: 0, delta: half });
    expect(JSON.parse(line!).assistantMessageEvent.delta).toHaveLength(half.length);
    expect(message.message().content).toEqual([{ type: 'text', text: half }]);
  });

  it('leaves out a piece of a part that no message has', () => {
    const message = new GrowingMessage(START);
    expect(message.grow({ type: 'text_delta', contentIndex: 1_000_000, delta: 'x' })).toEqual([]);
  });
});
