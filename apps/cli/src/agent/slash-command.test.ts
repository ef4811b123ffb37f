import { expect, it } from 'vitest';
import { flowed } from '../help-layout.ts';
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

it('fits into a window, with a row of its own for every command', () => {
  for (const cols of [29, 39, 79]) {
    const rows = flowed(CHAT_HELP, cols).split('\n');
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(cols);
    const commands = [...CHAT_HELP.matchAll(/^\/[a-z]+/gm)].map(([name]) => name);
    expect(commands).toHaveLength(8);
    for (const name of commands) expect(rows.filter((row) => row.split(' ')[0] === name)).toHaveLength(1);
  }
});
