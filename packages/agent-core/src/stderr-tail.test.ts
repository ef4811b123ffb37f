import { describe, expect, it } from 'vitest';
import { StderrTail } from './stderr-tail.ts';

function tail(text: string, env: Record<string, string> = {}, maxLength = 100): string {
  const tail = new StderrTail(maxLength, env);
  for (let at = 0; at < text.length; at += 7) tail.add(text.slice(at, at + 7));
  return tail.lastLine();
}

describe('StderrTail', () => {
  it('[AC07] remembers the last line that says something', () => {
    expect(tail('one\ntwo\n\n  \n')).toBe('two');
    expect(tail('')).toBe('');
  });

  it('[AC07] finds the last line of a kind', () => {
    const report = new StderrTail(1_000, {});
    report.add('at first\nTypeError: it is none\n    at run (file.js:1:2)\n\nNode.js v20.20.2\n');
    expect(report.lastLine(/^\w*Error\b/)).toBe('TypeError: it is none');
    expect(report.lastLine(/^nothing/)).toBe('');
  });

  it('[AC07] remembers the end of much, and no half of a line', () => {
    const long = new StderrTail(50, {});
    for (let line = 0; line < 10_000; line += 1) long.add(`line ${line}\n`);
    expect(long.lastLine()).toBe('line 9999');
    expect(tail('a'.repeat(1_000))).toBe('');
  });

  it.each([
    ['the value of a variable that names a secret', 'key is hunter2hunter2', { MY_API_KEY: 'hunter2hunter2' }],
    ['a bearer token', 'sent Authorization: Bearer abc.def', {}],
    ['the key of a provider', 'bad key sk-proj-abcdefghij123456', {}],
    ['anything long and random', `token ${'aB3'.repeat(20)}`, {}],
  ])('[AC07] does not repeat %s', (_, text, env) => {
    const line = tail(text, env as Record<string, string>);
    expect(line).toContain('[hidden]');
    expect(line).not.toMatch(/hunter2|abc\.def|abcdefghij|aB3aB3/);
  });

  it('[AC07] repeats values that are no secrets', () => {
    expect(tail('home is /home/me', { HOME: '/home/me', AUTH: 'no' })).toBe('home is /home/me');
  });

  it('[AC07] takes out colours and other control characters', () => {
    expect(tail('\u001b[31mred\u001b[0m\u0007')).toBe('red');
  });

  it('[AC07] tells at most 300 characters', () => {
    expect(tail('word '.repeat(200), {}, 4_096)).toHaveLength(300);
  });
});
