import { expect, it } from 'vitest';
import { eventProblems } from '../../../test/event-problems.ts';
import { EventTranslator } from './event-translator.ts';
import type { PiMessage } from './pi-api.ts';

it('copies a delta at once, and none of the message that grows', () => {
  const partial = { role: 'assistant', content: [{ type: 'text' as const, text: 'a' }] };
  const update = { type: 'text_delta', contentIndex: 0, delta: 'a', partial };
  const told = new EventTranslator().translate({
    type: 'message_update',
    message: partial,
    assistantMessageEvent: update,
  });
  update.delta = 'changed later';
  expect(told).toEqual({
    type: 'message_update',
    assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta: 'a' },
  });
});

it('tells the tool that a model begins to call by its name', () => {
  const content = [{ type: 'toolCall' as const, id: 'c-1', name: 'bash', arguments: {} }];
  const assistantMessageEvent = { type: 'toolcall_start', contentIndex: 0, partial: { role: 'assistant', content } };
  expect(new EventTranslator().translate({ type: 'message_update', assistantMessageEvent })).toMatchObject({
    assistantMessageEvent: { type: 'toolcall_start', toolCallId: 'c-1', toolName: 'bash' },
  });
});

it('tells a message of a person whole, without a picture that is large, and of a model only who it is', () => {
  const translator = new EventTranslator();
  const image = { type: 'image' as const, data: 'A'.repeat(100_000), mimeType: 'image/png' };
  const user: PiMessage = { role: 'user', content: [{ type: 'text', text: 'look' }, image], timestamp: 0 };
  expect(translator.translate({ type: 'message_start', message: user })).toMatchObject({
    message: {
      content: [
        { type: 'text', text: 'look' },
        { type: 'text', text: '[image/png, 75000 bytes]' },
      ],
    },
  });
  const assistant: PiMessage = {
    role: 'assistant',
    content: [{ type: 'text', text: 'x' }],
    provider: 'p',
    model: 'm',
    stopReason: 'stop',
  };
  expect(translator.translate({ type: 'message_start', message: assistant })).toEqual({
    type: 'message_start',
    message: { role: 'assistant', content: [], timestamp: expect.any(String), provider: 'p', model: 'm' },
  });
});

it('tells why an agent ended from the last answer of the model', () => {
  const translator = new EventTranslator();
  translator.translate({ type: 'agent_start' });
  translator.translate({
    type: 'message_end',
    message: { role: 'assistant', stopReason: 'error', errorMessage: '500' },
  });
  translator.translate({ type: 'message_end', message: { role: 'user' } });
  expect(translator.translate({ type: 'agent_end' })).toEqual({
    type: 'agent_end',
    stopReason: 'error',
    errorMessage: '500',
  });
  translator.translate({ type: 'agent_start' });
  expect(translator.translate({ type: 'agent_end' })).toEqual({ type: 'agent_end', stopReason: 'stop' });
});

it('leaves out arguments of a tool that are long, and copies the others', () => {
  const translator = new EventTranslator();
  const args = { command: 'ls' };
  const told = translator.translate({ type: 'tool_execution_start', toolCallId: 'c', toolName: 'bash', args });
  args.command = 'changed later';
  expect(told).toMatchObject({ args: { command: 'ls' } });
  const long = { type: 'tool_execution_start', toolCallId: 'c', toolName: 'w', args: { text: 'x'.repeat(20_000) } };
  expect(translator.translate(long)).not.toHaveProperty('args');
});

it('knows every event it tells from the protocol, whatever fields pi leaves out', () => {
  const translator = new EventTranslator();
  const types = [
    ...['agent_start', 'turn_start', 'turn_end', 'agent_end', 'queue_update', 'compaction_start', 'compaction_end'],
    ...[
      'auto_retry_start',
      'auto_retry_end',
      'thinking_level_changed',
      'message_start',
      'message_update',
      'message_end',
    ],
    ...['session_info_changed', 'agent_settled', 'entry_appended', 'something new', '__proto__'],
  ];
  for (const type of types) {
    const told = translator.translate({ type });
    expect(told === undefined ? [] : eventProblems(told)).toEqual([]);
  }
});
