import { expect, it } from 'vitest';
import { cellWidth } from '../cells.ts';
import { styleFor } from '../style.ts';
import { argumentText, type ToolCall, toolLine } from './tool-line.ts';

const style = styleFor({ env: { NO_COLOR: '1' }, screen: { isTTY: true } as never });

function call(changes: Partial<ToolCall> = {}): ToolCall {
  return { name: 'bash', args: { command: 'npm test' }, state: 'done', durationMs: 1_234, output: 'ok\n', ...changes };
}

it('says what was done, and how long it took', () => {
  expect(toolLine(call(), 80, style)).toBe('✓ bash npm test 1.2 s');
  expect(toolLine(call({ durationMs: undefined, args: {} }), 80, style)).toBe('✓ bash');
});

it('says how far it is, and what it said last, while it runs and when it failed', () => {
  const running = call({ state: 'running', durationMs: 3_000, output: 'one\ntwo\n' });
  expect(toolLine(running, 80, style)).toBe('… bash npm test 3.0 s two');
  expect(toolLine(call({ state: 'failed', output: '\x1b[31mboom\x1b[0m\n\n' }), 80, style)).toBe(
    '✗ bash npm test 1.2 s boom',
  );
});

it('is one row, however narrow the window and long the words', () => {
  const long = call({ state: 'failed', args: { command: 'echo 漢字 '.repeat(40) }, output: 'no '.repeat(100) });
  for (let cols = 20; cols < 200; cols += 7) {
    const row = toolLine(long, cols, style);
    expect(row).not.toContain('\n');
    expect(cellWidth(row)).toBeLessThanOrEqual(cols);
  }
});

it.each([
  [{ command: 'a\nb' }, 'a b'],
  [{ path: '/tmp/x', content: 'long' }, '/tmp/x'],
  [{ other: 1 }, '{"other":1}'],
  ['words', 'words'],
  [undefined, ''],
  [null, ''],
])('of %j tells %j', (args, text) => {
  expect(argumentText(args)).toBe(text);
});
