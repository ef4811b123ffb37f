import { expect, it } from 'vitest';
import { parseAgentProgram } from './agent-program.ts';

it('reads a name, a command and its arguments', () => {
  expect(parseAgentProgram('gemini=gemini --experimental-acp')).toEqual({
    name: 'gemini',
    command: 'gemini',
    args: ['--experimental-acp'],
  });
  expect(parseAgentProgram('mine=/opt/agent')).toEqual({ name: 'mine', command: '/opt/agent', args: [] });
});

it('takes what is between quotes for one word, also an empty one', () => {
  expect(parseAgentProgram('mine="/opt/my agent" --title="two words" ""')).toEqual({
    name: 'mine',
    command: '/opt/my agent',
    args: ['--title=two words', ''],
  });
});

it.each([
  'gemini',
  'gemini=',
  'gemini= ',
  '=gemini',
  'my agent=gemini',
  'pi=pi-acp',
  'acp=gemini',
  'fake=gemini',
  'mine="gemini',
  '-x=gemini',
])('refuses %j', (text) => {
  expect(parseAgentProgram(text)).toBeUndefined();
});
