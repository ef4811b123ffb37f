import type { AgentMessage } from '@sessiond/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transcript } from './transcript.ts';

const timestamp = '2026-01-31T12:00:00.000Z';
const said = (role: AgentMessage['role'], text: string): AgentMessage => ({
  role,
  timestamp,
  content: [{ type: 'text', text }],
});

describe('Transcript', () => {
  it('[AC07] answers as a list would that forgets its oldest when it is too large', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 60 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 900 }),
        fc.option(fc.nat(45), { nil: undefined }),
        fc.integer({ min: 1, max: 10 }),
        (texts, maxBytes, from, limit) => {
          const transcript = new Transcript(maxBytes);
          const all = texts.map((text) => said('assistant', text));
          for (const message of all) transcript.add(message);
          let first = all.length;
          let bytes = 0;
          while (first > 0) {
            bytes += Buffer.byteLength(JSON.stringify(all[first - 1]));
            if (bytes > maxBytes) break;
            first -= 1;
          }
          const start = Math.min(Math.max(from ?? all.length - limit, first), all.length);
          const expected = { from: start, total: all.length, messages: all.slice(start, start + limit) };
          expect(transcript.page(from, limit)).toEqual(expected);
        },
      ),
    );
  });

  it('[AC07] counts what it does not hold any more', () => {
    const transcript = new Transcript(10);
    transcript.add(said('user', 'a'));
    transcript.add({
      ...said('assistant', 'b'),
      content: [
        { type: 'text', text: 'b' },
        { type: 'toolCall', id: '1', name: 'bash', arguments: {} },
      ],
    });
    transcript.add(said('toolResult', 'c'));
    const usage = { input: 3, output: 2, cacheRead: 1, cacheWrite: 0, totalTokens: 6 };
    transcript.addUsage(usage);
    transcript.addUsage(usage);
    expect(transcript.page(0)).toEqual({ from: 3, total: 3, messages: [] });
    expect(transcript.lastText).toBe('b');
    expect(transcript.counts()).toEqual({
      userMessages: 1,
      assistantMessages: 1,
      toolCalls: 1,
      toolResults: 1,
      totalMessages: 3,
      tokens: { input: 6, output: 4, cacheRead: 2, cacheWrite: 0, totalTokens: 12 },
    });
  });

  it('[AC07] keeps the beginning of an enormous text, and a remark in place of an enormous picture', () => {
    const transcript = new Transcript(4 * 1_048_576);
    transcript.add({
      role: 'user',
      timestamp,
      content: [
        { type: 'text', text: 'a'.repeat(2_000_000) },
        { type: 'image', mimeType: 'image/png', data: 'A'.repeat(2_000_000) },
      ],
    });
    const [message] = transcript.page(0).messages;
    expect(message!.content).toEqual([
      { type: 'text', text: 'a'.repeat(1_048_576) },
      { type: 'text', text: '[image/png, 2,000,000 characters]' },
    ]);
  });

  it('[AC07] has no last text before the model has said something', () => {
    const transcript = new Transcript(1_000);
    transcript.add(said('user', 'hello'));
    expect(transcript.lastText).toBeNull();
  });
});
