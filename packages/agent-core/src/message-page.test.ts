import type { AgentMessage } from '@sessiond/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePage } from './message-page.ts';

const MiB = 1024 * 1024;

function message(index: number, bytes = 10): AgentMessage {
  const text = `${index}`.padEnd(bytes, '.');
  return {
    role: 'user',
    content: [{ type: 'text', text }],
    timestamp: '2026-01-31T12:00:00.000Z',
    entryId: `${index}`,
  };
}

function messages(count: number, bytes?: number): AgentMessage[] {
  return Array.from({ length: count }, (_, index) => message(index, bytes));
}

const idsOf = (page: { readonly messages: readonly AgentMessage[] }) => page.messages.map(({ entryId }) => entryId);

describe('a page of messages', () => {
  it('has the last ones unless it begins somewhere, at most a thousand', () => {
    const all = messages(1500);
    expect(messagePage(all, {})).toMatchObject({ from: 500, total: 1500, messages: { length: 1000 } });
    expect(idsOf(messagePage(all, { limit: 2 }))).toEqual(['1498', '1499']);
    expect(idsOf(messagePage(all, { from: 7, limit: 2 }))).toEqual(['7', '8']);
    expect(messagePage(all, { from: 1499 })).toMatchObject({ from: 1499, messages: [all[1499]] });
    expect(messagePage(all, { from: 5000 })).toEqual({ messages: [], from: 1500, total: 1500 });
    expect(messagePage([], {})).toEqual({ messages: [], from: 0, total: 0 });
  });

  it('has as many as fit, and says where to go on', () => {
    const all = messages(10, 1.5 * MiB);
    expect(messagePage(all, {})).toMatchObject({ from: 8, messages: { length: 2 } });
    expect(idsOf(messagePage(all, { from: 3 }))).toEqual(['3', '4']);
  });

  it('leaves out the content of a message that alone is too large, so that one can go on behind it', () => {
    const all = [message(0), message(1, 5 * MiB), message(2)];
    const page = messagePage(all, { from: 0 });
    expect(idsOf(page)).toEqual(['0', '1', '2']);
    expect(page.messages[1]).toEqual({ ...all[1], content: [] });
  });

  it('counts the bytes of the text, not its characters', () => {
    const wide: AgentMessage = { ...message(0), content: [{ type: 'text', text: '語'.repeat(MiB) }] };
    expect(messagePage([wide, wide], {}).messages).toHaveLength(1);
  });

  it('lets everything be read in order, whatever the limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.integer({ min: 1, max: 20 }), (count, limit) => {
        const all = messages(count);
        const read: AgentMessage[] = [];
        for (let from = 0; from < count; ) {
          const page = messagePage(all, { from, limit });
          expect(page.from).toBe(from);
          read.push(...page.messages);
          from += page.messages.length;
        }
        expect(read).toEqual(all);
      }),
    );
  });
});
