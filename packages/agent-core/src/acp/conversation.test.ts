import type { AgentEvent } from '@sessiond/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventProblems } from '../../test/event-problems.ts';
import { Conversation } from './conversation.ts';
import type { ToolUpdate } from './session-update.ts';
import { Transcript } from './transcript.ts';

const timestamp = '2026-01-31T12:00:00.000Z';
const text = (words: string) => ({ kind: 'text', content: { type: 'text', text: words } }) as const;
const thought = (words: string) => ({ kind: 'thought', content: { type: 'text', text: words } }) as const;
const heard = (words: string) => ({ kind: 'user', content: { type: 'text', text: words } }) as const;
const tool = (toolCallId: string, more: Partial<ToolUpdate> = {}): ToolUpdate => ({
  kind: 'tool',
  toolCallId,
  ...more,
});

let events: AgentEvent[];
let terminal: string;
let transcript: Transcript;
let conversation: Conversation;
beforeEach(() => {
  events = [];
  terminal = '';
  transcript = new Transcript(1_048_576);
  conversation = new Conversation({
    emit: (event) => events.push(event),
    transcript,
    model: () => ({ provider: 'loopback', id: 'small' }),
    terminalText: () => terminal,
    timestamp: () => timestamp,
  });
});

/** The events in short: their types, and the pieces of messages. */
function told(): string[] {
  expect(events.flatMap(eventProblems)).toEqual([]);
  return events.splice(0).map((event) => {
    if (event.type === 'message_update') {
      const piece = event.assistantMessageEvent;
      return `${piece.contentIndex} ${piece.type}${'delta' in piece ? ` ${piece.delta}` : ''}`;
    }
    if (event.type === 'message_start') return `${event.type} ${event.message.role}`;
    if (event.type === 'message_end') return `${event.type} ${event.role} ${event.stopReason ?? ''}`.trim();
    if (event.type === 'tool_execution_update') return `says ${event.delta}${event.replaces ? ' instead' : ''}`;
    return event.type;
  });
}

describe('Conversation', () => {
  it('rests outside a prompt when nothing is at work, and never ends a tool or a prompt by that', () => {
    conversation.take(heard('Before'));
    conversation.take(text('Said'));
    conversation.rest();
    expect(transcript.page(0).messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    conversation.take(tool('a', { title: 'build', status: 'in_progress' }));
    events.length = 0;
    conversation.rest();
    expect(told()).toEqual([]);
    conversation.take(tool('a', { status: 'completed' }));
    expect(events.find(({ type }) => type === 'tool_execution_end')).toMatchObject({ isError: false });
    conversation.begin({ message: 'Why?' });
    conversation.take(text('Because'));
    events.length = 0;
    conversation.rest();
    expect(told()).toEqual([]);
  });

  it('[AC01] tells a prompt, and what is thought and said about it in pieces', () => {
    conversation.begin({ message: 'Why?' });
    for (const update of [thought('Hm'), thought('m'), text('Be'), text('cause')]) conversation.take(update);
    const usage = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, totalTokens: 3 };
    conversation.end('stop', { usage });
    expect(conversation.text).toBe('Because');
    expect(transcript.page(0).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Why?' }], timestamp },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hmm' },
          { type: 'text', text: 'Because' },
        ],
        timestamp,
        provider: 'loopback',
        model: 'small',
        stopReason: 'stop',
        usage,
      },
    ]);
    expect(told()).toEqual([
      'agent_start',
      'turn_start',
      'message_start user',
      'message_end user',
      'message_start assistant',
      '0 thinking_delta Hm',
      '0 thinking_delta m',
      '1 text_delta Be',
      '1 text_delta cause',
      'message_end assistant stop',
      'turn_end',
      'agent_end',
    ]);
  });

  it('[AC01] ends a message where a tool begins, and goes on in another turn', () => {
    conversation.begin({ message: 'go' });
    told();
    conversation.take(text('I look.'));
    conversation.take(tool('1', { name: 'bash', title: 'bash', status: 'pending' }));
    conversation.take(tool('1', { status: 'in_progress', input: { command: 'ls' } }));
    conversation.take(tool('1', { status: 'completed', content: [{ type: 'text', text: 'a\n' }] }));
    conversation.take(text('One file.'));
    conversation.end('stop');
    expect(told()).toEqual([
      'message_start assistant',
      '0 text_delta I look.',
      '1 toolcall_start',
      '1 toolcall_delta {"command":"ls"}',
      'message_end assistant toolUse',
      'tool_execution_start',
      'says a\n',
      'tool_execution_end',
      'message_start toolResult',
      'message_end toolResult',
      'turn_end',
      'turn_start',
      'message_start assistant',
      '0 text_delta One file.',
      'message_end assistant stop',
      'turn_end',
      'agent_end',
    ]);
    expect(transcript.page(0).messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'toolResult',
      'assistant',
    ]);
    expect(transcript.page(1, 1).messages[0]!.content[1]).toEqual({
      type: 'toolCall',
      id: '1',
      name: 'bash',
      arguments: { command: 'ls' },
    });
    expect(conversation.text).toBe('One file.');
  });

  it('[AC01] tells of the output of a tool only what was added, and all of it when it is another', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'bash', status: 'in_progress' }));
    told();
    for (const words of ['a', 'ab', 'ab', 'x']) {
      conversation.take(tool('1', { content: [{ type: 'text', text: words }] }));
    }
    expect(told()).toEqual(['says a', 'says b', 'says x instead']);
  });

  it('[AC01] puts together the output of a tool from its pieces, whatever it does', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 8 }), (texts) => {
        events = [];
        conversation.begin({ message: 'go' });
        conversation.take(tool('t', { name: 'x', status: 'in_progress' }));
        for (const words of texts) conversation.take(tool('t', { content: [{ type: 'text', text: words }] }));
        let output = '';
        for (const event of events) {
          if (event.type === 'tool_execution_update') output = event.replaces ? event.delta : output + event.delta;
        }
        expect(output).toBe(texts.at(-1));
        conversation.end('stop');
      }),
    );
  });

  it('[AC01] tells what a terminal has written when it is looked at, and at the end of the tool', () => {
    conversation.begin({ message: 'go' });
    const content = [{ type: 'terminal', terminalId: 't' }] as const;
    conversation.take(tool('1', { name: 'bash', status: 'in_progress', content }));
    told();
    terminal = 'one\n';
    conversation.look();
    conversation.look();
    terminal += 'two\n';
    conversation.take(tool('1', { status: 'failed' }));
    expect(told().slice(0, 3)).toEqual(['says one\n', 'says two\n', 'tool_execution_end']);
    terminal += 'late';
    conversation.look();
    expect(told()).toEqual([]);
  });

  it('[AC01] tells the result of a tool that only has one of its own kind, and its end of it if it is long', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'a', status: 'completed', output: { output: 'words' } }));
    conversation.take(tool('2', { name: 'b', status: 'completed', output: { lines: 3 } }));
    conversation.take(tool('3', { name: 'c', status: 'completed', output: 'x'.repeat(20_000) }));
    const ends = events.filter((event) => event.type === 'tool_execution_end');
    expect(ends.map(({ output, truncated }) => [output.length, truncated])).toEqual([
      [5, false],
      ['{"lines":3}'.length, false],
      [16_384, true],
    ]);
  });

  it('[AC01] leaves arguments out that are large', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'write', status: 'in_progress', input: { text: 'x'.repeat(20_000) } }));
    expect(events.find((event) => event.type === 'tool_execution_start')).not.toHaveProperty('args');
    expect(JSON.stringify(events)).not.toContain('xxxx');
  });

  it('[AC01] takes news of a tool that has ended for no new call', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'a', status: 'completed' }));
    told();
    conversation.take(tool('1', { status: 'completed' }));
    expect(told()).toEqual([]);
  });

  it('[AC01] tells the arguments of calls that are made together, those included that run later', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'read', status: 'pending', input: { path: 'a' } }));
    conversation.take(tool('2', { name: 'read', status: 'pending', input: { path: 'b' } }));
    told();
    conversation.take(tool('1', { status: 'completed' }));
    conversation.take(tool('2', { status: 'completed' }));
    expect(told().slice(0, 3)).toEqual([
      '0 toolcall_delta {"path":"a"}',
      '1 toolcall_delta {"path":"b"}',
      'message_end assistant toolUse',
    ]);
    expect(transcript.page(1, 1).messages[0]!.content).toMatchObject([
      { id: '1', arguments: { path: 'a' } },
      { id: '2', arguments: { path: 'b' } },
    ]);
  });

  it('[AC01] keeps of the arguments of many calls no more than of any message', () => {
    transcript = new Transcript(64 * 1_048_576);
    conversation = new Conversation({
      emit: (event) => events.push(event),
      transcript,
      model: () => undefined,
      terminalText: () => '',
      timestamp: () => timestamp,
    });
    conversation.begin({ message: 'go' });
    for (let call = 0; call < 1_000; call += 1) {
      conversation.take(tool(`${call}`, { name: 'write', status: 'pending', input: { text: 'x'.repeat(16_000) } }));
    }
    conversation.end('stop');
    expect(JSON.stringify(transcript.page(1, 1)).length).toBeLessThan(2_400_000);
    expect(events.filter((event) => event.type === 'tool_execution_end')).toHaveLength(1_000);
  });

  it('[AC01] takes late news of a tool for no new call when the prompt is over, and knows the id again in the next', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'bash', status: 'in_progress' }));
    conversation.end('aborted');
    told();
    conversation.take(tool('1', { status: 'failed' }));
    expect(told()).toEqual([]);
    conversation.begin({ message: 'again' });
    conversation.take(tool('1', { name: 'bash', status: 'completed' }));
    expect(told()).toContain('tool_execution_end');
  });

  it('[AC01] knows ids of tools again with each message of a conversation that is told again', () => {
    for (const words of ['one', 'two']) {
      conversation.take(heard(words));
      conversation.take(tool('1', { name: 'bash', status: 'completed' }));
    }
    conversation.flush();
    expect(transcript.page(0).messages.filter(({ role }) => role === 'toolResult')).toHaveLength(2);
  });

  it('[AC01] ends what was begun outside a prompt when it will never end, and nothing of a prompt', () => {
    conversation.take(text('Said'));
    conversation.take(tool('1', { name: 'build', status: 'in_progress' }));
    told();
    expect(conversation.isUnasked).toBe(true);
    conversation.abandon();
    conversation.abandon();
    expect(conversation.isUnasked).toBe(false);
    expect(told()).toEqual(['tool_execution_end', 'message_start toolResult', 'message_end toolResult', 'turn_end']);
    conversation.take(tool('1', { status: 'failed' }));
    expect(told()).toEqual([]);
    conversation.begin({ message: 'go' });
    conversation.take(tool('2', { name: 'build', status: 'in_progress' }));
    told();
    expect(conversation.isUnasked).toBe(false);
    conversation.abandon();
    expect(told()).toEqual([]);
  });

  it('[AC01] ends tools with what is aborted', () => {
    conversation.begin({ message: 'go' });
    conversation.take(tool('1', { name: 'a', status: 'pending' }));
    conversation.take(tool('2', { name: 'b', status: 'in_progress' }));
    told();
    conversation.end('aborted');
    expect(told().filter((type) => type.startsWith('tool_'))).toEqual([
      'tool_execution_start',
      'tool_execution_end',
      'tool_execution_end',
    ]);
    conversation.begin({ message: 'again' });
    conversation.take(text('yes'));
    expect(told()).toContain('0 text_delta yes');
  });

  it('[AC01] does not take the echo of a prompt for another one', () => {
    conversation.begin({ message: 'go' });
    conversation.take(heard('go'));
    conversation.take(text('yes'));
    conversation.take(heard('go'));
    conversation.end('stop');
    expect(transcript.page(0).messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it('[AC01] makes messages of a conversation that is told again', () => {
    for (const update of [heard('Wh'), heard('y?'), text('Be'), text('cause'), heard('Oh'), text('Yes')]) {
      conversation.take(update);
    }
    conversation.flush();
    const said = transcript
      .page(0)
      .messages.map(({ role, content }) => [
        role,
        content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      ]);
    expect(said).toEqual([
      ['user', 'Why?'],
      ['assistant', 'Because'],
      ['user', 'Oh'],
      ['assistant', 'Yes'],
    ]);
  });

  it('[AC01] tells all of an endless message and keeps its beginning', () => {
    conversation.begin({ message: 'go' });
    const piece = 'x'.repeat(65_536);
    for (let index = 0; index < 100; index += 1) conversation.take(text(piece));
    conversation.end('stop');
    const told = events.filter((event) => event.type === 'message_update').length;
    expect(told).toBe(100);
    expect(conversation.text).toHaveLength(2_097_152);
    expect(Buffer.byteLength(JSON.stringify(transcript.page(0)))).toBeLessThan(1_300_000);
  });
});
