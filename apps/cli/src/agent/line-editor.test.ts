import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth } from '../cells.ts';
import { type EditAction, LineEditor } from './line-editor.ts';

function edited(text: string, ...actions: readonly (EditAction | { readonly insert: string })[]): string {
  const editor = new LineEditor();
  editor.insert(text);
  for (const action of actions) {
    if (typeof action === 'string') editor.act(action);
    else editor.insert(action.insert);
  }
  return `${editor.text.slice(0, editor.cursor)}|${editor.text.slice(editor.cursor)}`;
}

describe('editing', () => {
  it.each([
    [['abc', 'left', { insert: 'X' }], 'abX|c'],
    [['abc', 'home', 'right', 'delete'], 'a|c'],
    [['one two', 'wordLeft'], 'one |two'],
    [['one two', 'home', 'wordRight'], 'one| two'],
    [['one two ', 'killWord'], 'one |'],
    [['one two', 'killWord', 'home', 'yank'], 'two|one '],
    [['one\ntwo', 'killToStart'], 'one\n|'],
    [['one\ntwo', 'home', 'killToEnd'], 'one\n|'],
    [['e\u0301👍🏽', 'backspace', 'backspace'], '|'],
    [['abc\nx', 'up'], 'a|bc\nx'],
    [['abc\nx', 'up', 'end', 'down'], 'abc\nx|'],
    [['abc', 'newline', { insert: 'd' }], 'abc\nd|'],
    [['', 'backspace', 'delete', 'left', 'right', 'killWord'], '|'],
  ] as const)('%j gives %j', ([text, ...actions], result) => {
    expect(edited(text, ...actions)).toBe(result);
  });

  it('brings back what was taken, and what was being typed', () => {
    const editor = new LineEditor();
    for (const text of ['first', 'second', 'second', '  ']) {
      editor.insert(text);
      expect(editor.take(true)).toBe(text);
    }
    editor.insert('draft');
    editor.act('up');
    expect(editor.text).toBe('second');
    editor.act('up');
    editor.act('up');
    expect(editor.text).toBe('first');
    editor.act('down');
    editor.act('down');
    expect(editor.text).toBe('draft');
  });

  it('takes no more than can be said', () => {
    const editor = new LineEditor();
    editor.insert('x'.repeat(1_048_570));
    editor.insert('y'.repeat(100));
    expect(editor.text).toHaveLength(1_048_576);
  });
});

describe('the layout', () => {
  it('sets rows in below the label, and knows where the cursor is', () => {
    const editor = new LineEditor();
    editor.insert('abcdef\ngh');
    expect(editor.layout('> ', 6, 10)).toEqual({ rows: ['> abcd', '  ef', '  gh'], cursorRow: 2, cursorCol: 4 });
    editor.act('home');
    expect(editor.layout('> ', 6, 10)).toMatchObject({ cursorRow: 2, cursorCol: 2 });
  });

  it('shows the rows around the cursor when there are too many', () => {
    const editor = new LineEditor();
    editor.insert('1\n2\n3\n4');
    expect(editor.layout('> ', 10, 2)).toEqual({ rows: ['  3', '  4'], cursorRow: 1, cursorCol: 3 });
    for (let up = 0; up < 3; up += 1) editor.act('up');
    expect(editor.layout('> ', 10, 2)).toMatchObject({ rows: ['> 1', '  2'], cursorRow: 0 });
  });

  it('fits every window, with the cursor on it', () => {
    const action = fc.constantFrom<EditAction>('left', 'up', 'wordLeft', 'backspace', 'home');
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '漢', '👍') });
    fc.assert(
      fc.property(text, fc.array(action, { maxLength: 6 }), fc.integer({ min: 4, max: 20 }), (typed, actions, cols) => {
        const editor = new LineEditor();
        editor.insert(typed);
        for (const one of actions) editor.act(one);
        const { rows, cursorRow, cursorCol } = editor.layout('> ', cols, 3);
        expect(rows.length).toBeLessThanOrEqual(3);
        for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(cols);
        expect(rows[cursorRow]).toBeDefined();
        expect(cursorCol).toBeLessThanOrEqual(cols);
      }),
    );
  });
});

it('draws what an agent suggests so that the terminal obeys nothing, and gives it back as it was', () => {
  const editor = new LineEditor();
  const suggested = 'a\x1b[2Jb\tc\r\nd\re\x9b\u202e';
  editor.set(suggested);
  expect(editor.layout('> ', 40, 5)).toEqual({
    rows: ['> a^[[2Jb    c', '  d^Me\u{fffd}\u{fffd}'],
    cursorRow: 1,
    cursorCol: 8,
  });
  expect(editor.take(false)).toBe(suggested);
});
