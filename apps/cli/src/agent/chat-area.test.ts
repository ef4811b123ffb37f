import { expect, it } from 'vitest';
import { cellWidth } from '../cells.ts';
import { styleFor } from '../style.ts';
import { type ChatView, chatArea } from './chat-area.ts';
import { LineEditor } from './line-editor.ts';

const style = styleFor({ env: { NO_COLOR: '1' }, screen: { isTTY: true } as never });

function view(changes: Partial<ChatView> = {}): ChatView {
  const editor = new LineEditor();
  editor.insert('typed');
  const status = { text: 'idle · fake/small', paint: 'faint' } as const;
  return { underWay: [], dialog: undefined, steering: [], followUp: [], status, editor, ...changes };
}

it('has what is under way, how the agent is, and what is typed, with the cursor in it', () => {
  expect(chatArea(view({ underWay: ['half a li'] }), 40, 24, style)).toEqual({
    rows: ['half a li', '', 'idle · fake/small', '› typed'],
    cursorRow: 3,
    cursorCol: 7,
  });
});

it('asks what the agent asks', () => {
  const dialog = { requestId: 'q', method: 'confirm', title: 'Go on?' } as const;
  const { rows } = chatArea(view({ dialog }), 40, 24, style);
  expect(rows).toEqual(['', '? Go on?', 'y or n, Enter · Esc: no answer', 'idle · fake/small', '? typed']);
});

it('shows a little of what waits, on one row each, in the narrowest window', () => {
  const steering = ['turn\nleft', 'x'.repeat(100)];
  const { rows } = chatArea(view({ steering, followUp: ['a', 'b'] }), 20, 4, style);
  expect(rows).toEqual([
    '',
    '↳ before its next s…',
    '↳ before its next s…',
    '↳ and 2 more',
    'idle · fake/small',
    '› typed',
  ]);
  for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(20);
});
