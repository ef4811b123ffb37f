import type { DialogRequest } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { cellWidth } from '../cells.ts';
import { styleFor } from '../style.ts';
import { dialogEndText, dialogRows, typedAnswer } from './dialog.ts';

const style = styleFor({ env: { NO_COLOR: '1' }, screen: { isTTY: true } as never });
const select: DialogRequest = { requestId: 'q', method: 'select', title: 'Where?', options: ['here', 'there', '7'] };
const confirm: DialogRequest = { requestId: 'q', method: 'confirm', title: 'Deploy?', message: 'To production' };
const input: DialogRequest = { requestId: 'q', method: 'input', title: 'Name?' };

it('shows what is asked and how it is answered', () => {
  expect(dialogRows(select, 60, style)).toEqual([
    '? Where?',
    '1. here',
    '2. there',
    '3. 7',
    'a number, Enter · Esc: no answer',
  ]);
  expect(dialogRows(confirm, 60, style)).toEqual(['? Deploy?', 'To production', 'y or n, Enter · Esc: no answer']);
});

it.each(['select', 'confirm', 'input', 'editor'] as const)(
  'has no row of %s that is wider than the window, whose redraw would leave rows behind',
  (method) => {
    const message = 'May I?\n```sh\nrm --recursive --force ./build ./dist\n```\nIt is safe.';
    const rows = dialogRows({ ...select, method, message }, 20, style);
    for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(20);
    expect(rows).toEqual(expect.arrayContaining(['rm --recursive --for', 'ce ./build ./dist', 'It is safe.']));
    expect(rows.at(-1)).toMatch(/answer$/);
  },
);

it('lets no question draw on the terminal', () => {
  const evil = { ...select, title: '\x1b[2JWhere\x07?', options: ['a\nb', '\x1b]0;x\x07c'] };
  expect(dialogRows(evil, 60, style).slice(0, 3)).toEqual(['? Where^G?', '1. a b', '2. c']);
});

it.each([
  [select, '2', { answer: { value: 'there' } }],
  [select, ' there ', { answer: { value: 'there' } }],
  [select, '3', { answer: { value: '7' } }],
  [select, '4', { problem: 'Type a number from 1 to 3.' }],
  [select, '', { problem: 'Type a number from 1 to 3.' }],
  [confirm, 'Y', { answer: { confirmed: true } }],
  [confirm, 'no', { answer: { confirmed: false } }],
  [confirm, 'maybe', { problem: 'Type y or n.' }],
  [input, ' as it is ', { answer: { value: ' as it is ' } }],
])('%j answered with %j', (dialog, typed, answer) => {
  expect(typedAnswer(dialog, typed)).toEqual(answer);
});

it('tells what came of it', () => {
  expect(dialogEndText('Deploy?', 'answered', { confirmed: false })).toBe('? Deploy? → no');
  expect(dialogEndText('Deploy?', 'answered', undefined)).toBe('? Deploy? → answered elsewhere');
  expect(dialogEndText('Name?', 'answered', { value: 'a\nb' })).toBe('? Name? → a b');
  expect(dialogEndText('Name?', 'timeout', undefined)).toBe('? Name? → no answer in time');
});
