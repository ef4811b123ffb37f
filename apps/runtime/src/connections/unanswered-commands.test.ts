import type { Command } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import type { RunningCommand } from '../execution/command-run.ts';
import { MAX_PENDING_COMMANDS, UnansweredCommands } from './unanswered-commands.ts';

const running = {} as RunningCommand;
const prompt = (): Command => ({ type: 'prompt', sessionId: 'a', message: 'x' });

it('takes 100 commands and then none before one was answered', () => {
  const unanswered = new UnansweredCommands();
  const commands = Array.from({ length: MAX_PENDING_COMMANDS }, prompt);
  for (const each of commands) {
    expect(unanswered.refusal(each, false)).toBeUndefined();
    unanswered.add(each, running);
  }
  expect(unanswered.refusal(prompt(), false)).toMatchObject({ code: 'QUEUE_FULL' });
  expect(unanswered.refusal({ type: 'health_check' }, true)).toBeUndefined();
  unanswered.delete(commands[7]!);
  unanswered.delete(commands[7]!);
  expect(unanswered.refusal(prompt(), false)).toBeUndefined();
  expect(unanswered.all()).toEqual(commands.toSpliced(7, 1).map((each) => [each, running]));
});

it.each(['read_output', 'get_messages', 'get_tree', 'get_fork_messages', 'export_html'] as const)(
  'takes 4 commands with large answers such as %s, and others beside them',
  (type) => {
    const unanswered = new UnansweredCommands();
    const commands = Array.from({ length: 4 }, (): Command => ({ type, sessionId: 'a' }));
    for (const each of commands) unanswered.add(each, running);
    expect(unanswered.refusal({ type, sessionId: 'a' }, false)).toMatchObject({
      code: 'QUEUE_FULL',
      details: { bulkhead: 'connection' },
    });
    expect(unanswered.refusal(prompt(), false)).toBeUndefined();
    unanswered.delete(commands[0]!);
    expect(unanswered.refusal({ type, sessionId: 'a' }, false)).toBeUndefined();
  },
);

it('takes nothing while earlier answers are not read, but what costs a few words', () => {
  const unanswered = new UnansweredCommands();
  expect(unanswered.refusal(prompt(), true)).toMatchObject({ code: 'QUEUE_FULL' });
  expect(unanswered.refusal({ type: 'get_metrics' }, true)).toMatchObject({ code: 'QUEUE_FULL' });
  expect(unanswered.refusal({ type: 'health_check' }, true)).toBeUndefined();
});
