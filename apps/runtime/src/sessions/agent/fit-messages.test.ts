import type { AgentMessage, GetMessagesData } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { fitMessages } from './fit-messages.ts';

const MIB = 1024 * 1024;

function message(bytes: number): AgentMessage {
  return {
    role: 'assistant',
    content: [{ type: 'text', text: 'x'.repeat(bytes) }],
    timestamp: '2026-01-31T12:00:00.000Z',
  };
}

const many: GetMessagesData = { messages: [1, 2, 3, 4, 5].map(() => message(MIB)), from: 10, total: 15 };

it('answers with all that fit, as they are', () => {
  const data = { messages: [message(5), message(6)], from: 3, total: 9 };
  expect(fitMessages(data, undefined)).toEqual(data);
  expect(fitMessages(data, 3)).toEqual(data);
});

it('leaves out the oldest where nobody said where to begin, and the newest where somebody did', () => {
  expect(fitMessages(many, undefined)).toMatchObject({ messages: { length: 3 }, from: 12, total: 15 });
  expect(fitMessages(many, 10)).toMatchObject({ messages: { length: 3 }, from: 10, total: 15 });
});

it('names what could not be sent at all in its place, so that nobody is stuck before it', () => {
  const image = { type: 'image', data: 'A'.repeat(5 * MIB), mimeType: 'image/png' } as const;
  const large: AgentMessage = { ...message(2), role: 'user', content: [{ type: 'text', text: 'see' }, image] };
  const { messages } = fitMessages({ messages: [large], from: 0, total: 1 }, 0);
  expect(messages[0]).toMatchObject({
    role: 'user',
    content: [
      { type: 'text', text: 'see' },
      { type: 'text', text: '[image of 5,242,929 bytes left out]' },
    ],
  });
  expect(Buffer.byteLength(JSON.stringify(messages))).toBeLessThan(4 * MIB);
});
