import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth } from '../cells.ts';
import { TextFlow, wrapped } from './text-flow.ts';

describe('wrapping', () => {
  it('keeps words whole', () => {
    expect(wrapped('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrapped('one\n\ntwo', 10)).toEqual(['one', '', 'two']);
  });

  it('goes on below the first word of a list or an indented line', () => {
    expect(wrapped('- alpha beta gamma', 12)).toEqual(['- alpha beta', '  gamma']);
    expect(wrapped('10. alpha beta', 10)).toEqual(['10. alpha', '    beta']);
    expect(wrapped('    alpha beta', 12)).toEqual(['    alpha', '    beta']);
  });

  it('breaks a word that is longer than a row, between characters', () => {
    expect(wrapped('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrapped('漢字漢字', 5)).toEqual(['漢字', '漢字']);
  });

  it('leaves code as it is', () => {
    const code = '```ts\nconst long = "a line that is wider than the window";\n```';
    expect(wrapped(code, 20)).toEqual(code.split('\n'));
    expect(wrapped(`${code}\nand words after`, 10).slice(-2)).toEqual(['and words', 'after']);
  });

  it('keeps words apart where a row is full, and where blanks are many', () => {
    const flow = new TextFlow();
    expect(flow.push('alpha ', 5)).toEqual([]);
    expect(flow.push('beta', 5)).toEqual(['alpha']);
    expect([...flow.push(' ', 5), ...flow.push('x', 5), ...flow.end(5)]).toEqual(['beta', 'x']);
    expect(wrapped('alpha     b', 7)).toEqual(['alpha', 'b']);
  });

  it('breaks a long word behind a bullet, and takes no dash between words for a bullet', () => {
    expect(wrapped('- abcdefghijkl', 10)).toEqual(['- abcdefgh', '  ijkl']);
    const flow = new TextFlow();
    expect([...flow.push('alpha - beta', 8), ...flow.push(' gamma', 8), ...flow.end(8)]).toEqual([
      'alpha -',
      'beta',
      'gamma',
    ]);
  });

  it('makes blanks of tabs', () => {
    expect(wrapped('\tx', 20)).toEqual(['    x']);
  });
});

describe('text that comes in pieces', () => {
  it('hands out rows that cannot change, and shows the rest', () => {
    const flow = new TextFlow();
    expect(flow.push('the quick', 10)).toEqual([]);
    expect(flow.open(10)).toEqual(['the quick']);
    expect(flow.push(' brown', 10)).toEqual(['the quick']);
    expect(flow.open(10)).toEqual(['brown']);
    expect(flow.push(' fox\nnext', 10)).toEqual(['brown fox']);
    expect(flow.end(10)).toEqual(['next']);
    expect(flow.open(10)).toEqual([]);
  });

  it('holds only the rest of a line of code that does not end', () => {
    const flow = new TextFlow();
    flow.push('```\n', 10);
    const rows = flow.push('x'.repeat(1_005), 10);
    expect(rows).toHaveLength(100);
    expect(flow.open(10)).toEqual(['xxxxx']);
  });

  it('knows a fence that is longer than a row, and takes no rest of a line of code for one', () => {
    const flow = new TextFlow();
    const rows = [...'```ts title="a long one"\n- x = 1;\n```\n'].flatMap((each) => flow.push(each, 10));
    expect(rows).toEqual(['```ts title="a long one"', '- x = 1;', '```']);
    flow.push('```\n', 10);
    const code = flow.push(`${'x'.repeat(50)}\`\`\``, 10);
    expect([...code, ...flow.push('\n'.padEnd(20, 'y '), 10), ...flow.push('\n```\n', 10)].slice(5)).toEqual([
      '```',
      'y y y y y y y y y y',
      '```',
    ]);
  });

  it('keeps to the window when that is made narrower in the middle of a line', () => {
    const flow = new TextFlow();
    expect(flow.push('100. alpha beta gamma delta', 20)).toEqual(['100. alpha beta']);
    expect([...flow.push(' epsilon', 8), ...flow.end(8)]).toEqual(['gamma', 'delta', 'epsilon']);
  });

  it('is laid out the same however it is cut', () => {
    const word = fc.stringMatching(/^[a-z漢]{1,12}$/);
    const blanks = fc.constantFrom(' ', ' ', ' ', '  ', '     ', ' - ');
    const line = fc.array(fc.tuple(word, blanks), { maxLength: 8 }).map((words) => words.flat().join(''));
    const text = fc.array(
      fc.oneof(
        line,
        line.map((one) => `- ${one}`),
        fc.constantFrom('```', '```typescript title="a file of two words"'),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(80), { maxLength: 10 }),
        fc.integer({ min: 6, max: 40 }),
        (lines, cuts, cols) => {
          const whole = lines.join('\n');
          const flow = new TextFlow();
          const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
          const rows = places.slice(1).flatMap((place, at) => flow.push(whole.slice(places[at], place), cols));
          const all = [...rows, ...flow.end(cols)];
          // Nothing is lost or made up, whatever is done about blanks.
          expect(all.join('').replace(/\s/g, '')).toBe(whole.replace(/\s/g, ''));
          // No two words have become one: only those that are longer than a row are broken.
          const words = all.flatMap((row) => row.split(/\s+/)).filter((one) => one !== '');
          if (cols >= 26 && !whole.includes('```'))
            expect(words).toEqual(whole.split(/\s+/).filter((one) => one !== ''));
          let isCode = false;
          for (const row of wrapped(whole, cols)) {
            if (!isCode && !row.startsWith('```')) expect(cellWidth(row)).toBeLessThanOrEqual(cols);
            if (row.startsWith('```')) isCode = !isCode;
          }
          // Code is handed out in parts, where its line is long.
          if (!whole.includes('```')) expect(all).toEqual(wrapped(whole, cols));
        },
      ),
    );
  });
});
