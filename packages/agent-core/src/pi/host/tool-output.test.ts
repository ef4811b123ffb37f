import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOfOutput, resultText, ToolOutputs } from './tool-output.ts';

it('tells what is new of an output that grows', () => {
  const outputs = new ToolOutputs();
  expect(outputs.update('a', '')).toBeUndefined();
  expect(outputs.update('a', 'one\n')).toEqual({ delta: 'one\n' });
  expect(outputs.update('b', 'other\n')).toEqual({ delta: 'other\n' });
  expect(outputs.update('a', 'one\ntwo\n')).toEqual({ delta: 'two\n' });
  expect(outputs.update('a', 'one\ntwo\n')).toBeUndefined();
  outputs.end('a');
  expect(outputs.update('a', 'one\n')).toEqual({ delta: 'one\n' });
});

it('tells the end in place of everything when it cannot know what is new, or that is too much', () => {
  const outputs = new ToolOutputs();
  outputs.update('a', 'old');
  expect(outputs.update('a', 'new')).toEqual({ delta: 'new', replaces: true });
  const much = 'x'.repeat(40_000);
  expect(outputs.update('a', `new${much}`)).toEqual({ delta: 'x'.repeat(16_384), replaces: true });
});

it('puts together what a window over a longer output has shown, however it moved on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 300, max: 5_000 }),
      (steps, window) => {
        const outputs = new ToolOutputs();
        let whole = '';
        let told = '';
        for (const [index, step] of steps.entries()) {
          whole += `${index}:${'abcdefghij'.repeat(step).slice(0, step)}\n`;
          const seen = whole.slice(-window);
          const delta = outputs.update('a', seen);
          if (delta?.replaces === true) told = delta.delta;
          else told += delta?.delta ?? '';
          // What is shown last is always at the end of what was told.
          expect(told.slice(-Math.min(seen.length, 300))).toBe(seen.slice(-300));
        }
      },
    ),
  );
});

it('reads the text of a result of any shape', () => {
  const content = [
    { type: 'text', text: 'a' },
    { type: 'image', data: '', mimeType: 'image/png' },
    { type: 'text', text: 'b' },
  ];
  expect(resultText({ content })).toBe('ab');
  expect(resultText({ content: 'plain' })).toBe('plain');
  for (const odd of [undefined, null, 5, {}, { content: 5 }]) expect(resultText(odd)).toBe('');
  expect(endOfOutput('x'.repeat(20_000))).toEqual({ output: 'x'.repeat(16_384), truncated: true });
  expect(endOfOutput('x')).toEqual({ output: 'x', truncated: false });
});

it('goes on after an output that is longer than what is remembered', () => {
  const outputs = new ToolOutputs();
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('');
  expect(outputs.update('long', lines)).toEqual({ delta: lines.slice(-16_384), replaces: true });
  expect(outputs.update('long', `${lines}more`)).toEqual({ delta: 'more' });
  expect(outputs.update('long', `${lines}more`)).toBeUndefined();
});
