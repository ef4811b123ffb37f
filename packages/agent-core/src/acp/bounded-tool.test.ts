import { expect, it } from 'vitest';
import { boundedTool } from './bounded-tool.ts';
import type { UpdateContent } from './session-update.ts';

const call = { kind: 'tool', toolCallId: 'call' } as const;
const text = (words: string): UpdateContent => ({ type: 'text', text: words });

it('[AC01] leaves what is small as it is', () => {
  const update = { ...call, title: 'Look', input: { path: 'a' }, content: [text('a'), text('b')] };
  expect(boundedTool(update)).toEqual(update);
  expect(boundedTool(call)).toEqual(call);
});

it('[AC01] keeps no arguments that are not told, and of a result what is told and a little more', () => {
  const bounded = boundedTool({ ...call, input: 'x'.repeat(20_000), output: `${'x'.repeat(1_000_000)}end` });
  expect(bounded).not.toHaveProperty('input');
  expect(bounded.output).toMatch(/^x+end$/);
  expect(bounded.output).toHaveLength(32_768);
  expect(boundedTool({ ...call, output: { output: 'words' } }).output).toBe('words');
  expect(boundedTool({ ...call, output: { code: 1 } }).output).toBe('{"code":1}');
});

it('[AC01] keeps the beginning and the end of long content, terminals, and no picture', () => {
  const image = { type: 'image', data: 'x'.repeat(100_000), mimeType: 'image/png' } as const;
  const terminal = { type: 'terminal', terminalId: 't' } as const;
  const content = [
    text('begin '.repeat(40_000)),
    { type: 'image', image } as const,
    text('m'.repeat(3_000_000)),
    terminal,
    text('n'.repeat(1_000)),
    text('end'),
  ];
  const words = (parts: readonly UpdateContent[]) =>
    parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const whole = words(content.map((part) => (part.type === 'image' ? text('[image/png]') : part)));
  const bounded = boundedTool({ ...call, content }).content!;
  expect(words(bounded)).toBe(whole.slice(0, 262_144) + whole.slice(-16_384));
  expect(bounded).toContainEqual(terminal);
  expect(JSON.stringify(bounded).length).toBeLessThan(300_000);
});
