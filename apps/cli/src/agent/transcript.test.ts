import type { FeedItem } from '@sessiond/client';
import type { KnownEvent } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { styleFor } from '../style.ts';
import { Transcript } from './transcript.ts';

const PLAIN = styleFor({ env: { NO_COLOR: '1' }, screen: { isTTY: true } as never });
const COLS = 40;

/** Shows events a second apart; the rows they leave. */
function shown(events: readonly KnownEvent[], transcript = new Transcript({ style: PLAIN, showThinking: false })) {
  return events.flatMap((event, at) => transcript.push(item(event, at), COLS, at * 1_000));
}

function item(event: KnownEvent, at: number): FeedItem {
  const timestamp = new Date(Date.UTC(2026, 0, 31) + at * 1_000).toISOString();
  return { kind: 'event', seq: at + 1, timestamp, event, replay: false };
}

function person(text: string): KnownEvent {
  const message = { role: 'user', content: [{ type: 'text', text }], timestamp: 'T' } as const;
  return { type: 'message_start', message };
}

function delta(text: string, type: 'text_delta' | 'thinking_delta' = 'text_delta', contentIndex = 0): KnownEvent {
  return { type: 'message_update', assistantMessageEvent: { type, contentIndex, delta: text } };
}

const MESSAGE_END: KnownEvent = { type: 'message_end', role: 'assistant' };
const tool = { toolCallId: 't', toolName: 'bash' };

it('shows a turn: the person, the thinking folded, the text, the tool on one line', () => {
  expect(
    shown([
      person('Which tests fail?'),
      { type: 'agent_start' },
      delta('let me see', 'thinking_delta'),
      delta('I shall run ', 'text_delta', 1),
      delta('them.', 'text_delta', 1),
      { type: 'tool_execution_start', ...tool, args: { command: 'npm test' } },
      { type: 'tool_execution_update', toolCallId: 't', delta: 'one fails' },
      { type: 'tool_execution_end', ...tool, isError: true, output: 'one fails\n', truncated: false },
      delta('One does.'),
      MESSAGE_END,
      { type: 'agent_end', stopReason: 'stop' },
    ]),
  ).toEqual([
    '❯ Which tests fail?',
    '',
    '∴ thought for 1.0 s',
    '',
    'I shall run them.',
    '',
    '✗ bash npm test 2.0 s one fails',
    '',
    'One does.',
  ]);
});

it('shows what is thought when that is wanted', () => {
  const transcript = new Transcript({ style: PLAIN, showThinking: true });
  expect(shown([delta('let me see', 'thinking_delta'), MESSAGE_END], transcript)).toEqual(['let me see']);
});

it('has what is under way below: the open line, and the tools that run', () => {
  const transcript = new Transcript({ style: PLAIN, showThinking: false });
  shown([person('go'), delta('half a li')], transcript);
  expect(transcript.live(COLS, 0)).toEqual(['', 'half a li']);
  shown([{ type: 'tool_execution_start', ...tool, args: { command: 'sleep 9' } }], transcript);
  shown([{ type: 'tool_execution_update', toolCallId: 't', delta: 'zzz' }], transcript);
  expect(transcript.live(COLS, 4_000)).toEqual(['', '… bash sleep 9 4.0 s zzz']);
});

it('shows the end of what is being thought, and no more', () => {
  const transcript = new Transcript({ style: PLAIN, showThinking: false });
  expect(shown([delta('one two three '.repeat(40), 'thinking_delta')], transcript)).toEqual([]);
  expect(transcript.live(COLS, 0).length).toBeLessThanOrEqual(3);
});

it('tells a failure once, however often it is told, and an abort', () => {
  const transcript = new Transcript({ style: PLAIN, showThinking: false });
  expect(transcript.failure('no', COLS)).toEqual(['no']);
  expect(shown([{ type: 'agent_end', stopReason: 'error', errorMessage: 'no' }], transcript)).toEqual([]);
  expect(transcript.failure('no', COLS)).toEqual([]);
  shown([{ type: 'agent_start' }], transcript);
  expect(transcript.failure('no', COLS)).toEqual(['no']);
  const failed = { stopReason: 'error', errorMessage: '500: the provider is on fire' } as const;
  expect(
    shown([
      { type: 'message_end', role: 'assistant', ...failed },
      { type: 'agent_end', ...failed },
    ]),
  ).toEqual(['500: the provider is on fire']);
  expect(shown([delta('I sh'), { type: 'agent_end', stopReason: 'aborted' }])).toEqual(['I sh', '', 'aborted']);
});

it('tells what is missing, and what became of the agent', () => {
  const transcript = new Transcript({ style: PLAIN, showThinking: false });
  expect(transcript.push({ kind: 'gap', from: 1, to: 1_001 }, COLS, 0)).toEqual([
    '1,000 earlier events are no longer kept',
  ]);
  const ended = { attempt: 1, delayMs: 500, exitCode: 1, signal: null, interrupted: true } as const;
  expect(
    shown([
      { type: 'agent_restarting', ...ended },
      { type: 'agent_restarted', attempt: 1, resumed: true },
    ]),
  ).toEqual([
    'the agent ended; what it worked on was',
    'interrupted, it is started again in 500',
    'ms',
    'the agent runs again',
  ]);
});

it('lets nothing that is said draw on the terminal', () => {
  const evil = '\x1b[2J\x1b]52;c;AAAA\x07\x07';
  const rows = shown([
    person(evil),
    delta(evil),
    MESSAGE_END,
    { type: 'tool_execution_start', ...tool, toolName: evil, args: { command: evil } },
    { type: 'tool_execution_end', ...tool, toolName: evil, isError: true, output: evil, truncated: false },
    { type: 'extension_notify', message: evil, level: 'info' },
    { type: 'extension_error', message: evil },
    { type: 'plan_update', entries: [{ content: evil, status: 'pending' }] },
    { type: 'agent_stopped', reason: evil, errorMessage: evil },
  ]);
  expect(rows.join('')).not.toMatch(/\p{Cc}/u);
});

it('shows the messages of a conversation that was taken up again', () => {
  const transcript = new Transcript({ style: PLAIN, showThinking: false });
  const timestamp = 'T';
  expect(
    transcript.history(
      [
        { role: 'user', content: [{ type: 'text', text: 'hello' }], timestamp },
        {
          role: 'assistant',
          timestamp,
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'I look.' },
            { type: 'toolCall', id: 't', name: 'read', arguments: { path: 'a.ts' } },
          ],
        },
        { role: 'toolResult', content: [{ type: 'text', text: 'long' }], timestamp },
      ],
      COLS,
    ),
  ).toEqual(['❯ hello', '', 'I look.', '✓ read a.ts']);
});
