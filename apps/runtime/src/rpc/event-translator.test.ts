import type { AgentEvent } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { EventTranslator } from './event-translator.ts';

const AT = '2026-01-02T03:04:05.678Z';
const TIME = Date.parse(AT);

let translator: EventTranslator;
beforeEach(() => {
  translator = new EventTranslator();
});

/** What a client is told of these events. */
function told(...events: readonly AgentEvent[]): Record<string, unknown>[] {
  return parse(events.flatMap((event) => translator.translate(event, AT)));
}

function parse(lines: readonly string[]): Record<string, unknown>[] {
  for (const line of lines) expect(line).not.toMatch(/[\n\r]/);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const types = (messages: readonly Record<string, unknown>[]): unknown[] => messages.map(({ type }) => type);

const USER = { role: 'user', content: [{ type: 'text', text: 'Hi' }], timestamp: AT } as const;
const ASSISTANT = { role: 'assistant', content: [], timestamp: AT } as const;
const RESULT = {
  role: 'toolResult',
  content: [{ type: 'text', text: 'a\nb\u2028' }],
  toolCallId: 'call-1',
  toolName: 'bash',
  isError: false,
  timestamp: AT,
} as const;

/** A turn in which the model says a word. */
const answer = (delta: string): AgentEvent[] => [
  { type: 'turn_start' },
  { type: 'message_start', message: ASSISTANT },
  { type: 'message_update', assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta } },
  { type: 'message_end', role: 'assistant', stopReason: 'stop' },
  { type: 'turn_end' },
];

describe('the translator of events', () => {
  it('tells a run with its messages at its end', () => {
    const messages = told(
      { type: 'agent_start' },
      { type: 'message_start', message: USER },
      { type: 'message_end', role: 'user' },
      ...answer('Hello'),
      { type: 'agent_end', stopReason: 'stop' },
    );
    expect(types(messages)).toEqual([
      'agent_start',
      'message_start',
      'message_end',
      'turn_start',
      'message_start',
      'message_update',
      'message_update',
      'message_update',
      'message_end',
      'turn_end',
      'agent_end',
    ]);
    const user = { role: 'user', content: USER.content, timestamp: TIME };
    expect(messages[1]).toEqual({ type: 'message_start', message: user });
    expect(messages[2]).toEqual({ type: 'message_end', message: user });
    const said = { role: 'assistant', content: [{ type: 'text', text: 'Hello' }], stopReason: 'stop' };
    expect(messages[8]).toMatchObject({ message: said });
    expect(messages[9]).toMatchObject({ message: said, toolResults: [] });
    expect(messages[10]!['messages']).toMatchObject([user, said]);
  });

  it('knows whether the agent works', () => {
    expect(translator.isRunning).toBe(false);
    told({ type: 'agent_start' });
    expect(translator.isRunning).toBe(true);
    told({ type: 'agent_end', stopReason: 'stop' });
    expect(translator.isRunning).toBe(false);
  });

  it('tells all that a tool has said each time, and its result with the turn', () => {
    const call = { toolCallId: 'call-1', toolName: 'bash' };
    const messages = told(
      { type: 'turn_start' },
      { type: 'tool_execution_start', ...call, args: { command: 'ls' } },
      { type: 'tool_execution_update', toolCallId: 'call-1', delta: 'a\n' },
      { type: 'tool_execution_update', toolCallId: 'call-1', delta: 'b' },
      { type: 'tool_execution_update', toolCallId: 'call-1', delta: 'c', replaces: true },
      { type: 'tool_execution_end', ...call, isError: false, output: 'c', truncated: false },
      { type: 'message_start', message: RESULT },
      { type: 'turn_end' },
    );
    const result = (text: string): object => ({ content: [{ type: 'text', text }], details: {} });
    const update = { type: 'tool_execution_update', ...call, args: { command: 'ls' } };
    expect(messages.slice(1, 6)).toEqual([
      { type: 'tool_execution_start', ...call, args: { command: 'ls' } },
      { ...update, partialResult: result('a\n') },
      { ...update, partialResult: result('a\nb') },
      { ...update, partialResult: result('c') },
      { type: 'tool_execution_end', ...call, result: result('c'), isError: false },
    ]);
    expect(messages.at(-1)).toMatchObject({ toolResults: [{ role: 'toolResult', content: RESULT.content, ...call }] });
  });

  it('keeps the end of what a tool says, and bounded', () => {
    told({ type: 'tool_execution_start', toolCallId: 'call-1', toolName: 'bash' });
    const [message] = told(
      { type: 'tool_execution_update', toolCallId: 'call-1', delta: 'x'.repeat(100_000) },
      { type: 'tool_execution_update', toolCallId: 'call-1', delta: 'end' },
    ).slice(1);
    const { partialResult } = message as unknown as { partialResult: { content: { text: string }[] } };
    expect(partialResult.content[0]!.text).toHaveLength(64 * 1024);
    expect(partialResult.content[0]!.text.endsWith('xend')).toBe(true);
  });

  it('repeats the last messages of a run that is too long', () => {
    told({ type: 'agent_start' }, ...answer('first'), ...answer('y'.repeat(9_000_000)), ...answer('last'));
    const [end] = told({ type: 'agent_end', stopReason: 'stop' });
    expect(end!['messages']).toMatchObject([{ content: [{ text: 'last' }] }]);
  });

  it('tells a dialog once, however it is heard of', () => {
    const request = {
      requestId: 'd-1',
      method: 'select',
      title: 'Which?',
      options: ['a', 'b'],
      timeoutMs: 500,
    } as const;
    const dialog = { type: 'extension_ui_request', id: 'd-1', method: 'select', title: 'Which?', options: ['a', 'b'] };
    expect(parse(translator.dialog(request))).toEqual([{ ...dialog, timeout: 500 }]);
    expect(told({ type: 'extension_ui_request', ...request })).toEqual([]);
    expect(told({ type: 'extension_ui_resolved', requestId: 'd-1', end: 'answered' })).toEqual([]);
    expect(told({ type: 'extension_ui_request', ...request })).toEqual([{ ...dialog, timeout: 500 }]);
  });

  it.each<[AgentEvent, object]>([
    [
      { type: 'extension_notify', message: 'Done', level: 'warning' },
      { type: 'extension_ui_request', method: 'notify', message: 'Done', notifyType: 'warning' },
    ],
    [
      { type: 'extension_status', key: 'k', text: 't' },
      { type: 'extension_ui_request', method: 'setStatus', statusKey: 'k', statusText: 't' },
    ],
    [
      { type: 'extension_error', message: 'no' },
      { type: 'extension_error', error: 'no' },
    ],
    [
      { type: 'queue_update', steering: ['a'], followUp: [] },
      { type: 'queue_update', steering: ['a'], followUp: [] },
    ],
    [
      { type: 'auto_retry_end', success: false, attempt: 3, errorMessage: 'busy' },
      { type: 'auto_retry_end', success: false, attempt: 3, finalError: 'busy' },
    ],
    [
      { type: 'thinking_level_changed', level: 'high' },
      { type: 'thinking_level_changed', level: 'high' },
    ],
  ])('tells %o', (event, message) => {
    expect(told(event)).toMatchObject([message]);
  });

  it('tells compaction with the reason it began with', () => {
    expect(
      told(
        { type: 'compaction_start', reason: 'threshold' },
        { type: 'compaction_end', aborted: false, tokensBefore: 9 },
      ),
    ).toEqual([
      { type: 'compaction_start', reason: 'threshold' },
      {
        type: 'compaction_end',
        reason: 'threshold',
        result: { summary: '', firstKeptEntryId: '', tokensBefore: 9 },
        aborted: false,
        willRetry: false,
      },
    ]);
    expect(told({ type: 'compaction_end', aborted: true })).toMatchObject([{ result: null, aborted: true }]);
  });

  it('has no word for what only the daemon knows', () => {
    expect(
      told(
        { type: 'agent_phase_changed', from: 'idle', to: 'running', cause: 'prompt' },
        { type: 'model_changed', provider: 'a', modelId: 'b' },
        { type: 'commands_changed' },
      ),
    ).toEqual([]);
  });

  it('ends a run whose agent died, once', () => {
    told({ type: 'agent_start' }, ...answer('Hello').slice(0, 3));
    const restarting = { attempt: 1, delayMs: 5, exitCode: 1, signal: null, interrupted: true };
    const messages = told({ type: 'agent_restarting', ...restarting });
    expect(types(messages)).toEqual(['message_update', 'message_end', 'turn_end', 'agent_end']);
    expect(messages[1]).toMatchObject({
      message: { stopReason: 'error', errorMessage: 'the process of the agent ended', content: [{ text: 'Hello' }] },
    });
    expect(told({ type: 'agent_end', stopReason: 'error' })).toEqual([]);
  });

  it('tells the end of a run whose beginning it never heard', () => {
    translator.resume();
    expect(translator.isRunning).toBe(true);
    expect(types(told(...answer('late').slice(3), { type: 'agent_end', stopReason: 'stop' }))).toEqual([
      'turn_end',
      'agent_end',
    ]);
    expect(translator.isRunning).toBe(false);
  });

  it('tells nothing of a message whose beginning it missed, and goes on with the next', () => {
    told({ type: 'agent_start' }, ...answer('Hello').slice(0, 3));
    translator.skip();
    expect(types(told(...answer('lost').slice(2)))).toEqual(['turn_end']);
    expect(types(told(...answer('found')))).toContain('message_end');
    const [end] = told({ type: 'agent_end', stopReason: 'stop' });
    expect(end!['messages']).toMatchObject([{ content: [{ text: 'found' }] }]);
  });
});
