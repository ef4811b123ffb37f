import { expect, it } from 'vitest';
import { CHAT_HELP, slashCommand } from './slash-command.ts';

it.each([
  ['/model', { name: 'model', model: undefined }],
  ['/model a/b ', { name: 'model', model: 'a/b' }],
  ['/thinking high', { name: 'thinking', level: 'high' }],
  ['/compact keep the\nnames', { name: 'compact', instructions: 'keep the\nnames' }],
  [' /quit', { name: 'quit' }],
  ['/review', undefined],
  ['/usr/bin/env', undefined],
  ['what is /model?', undefined],
])('%j is %j', (line, command) => {
  expect(slashCommand(line)).toEqual(command);
});

it('helps with every command there is', () => {
  for (const [name] of CHAT_HELP.matchAll(/\/[a-z]+/g)) {
    if (name !== '/or') expect(slashCommand(name)).toBeDefined();
  }
});
