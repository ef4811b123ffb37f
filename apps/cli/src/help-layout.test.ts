import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE_HELP } from './exit-codes.ts';
import { flowed } from './help-layout.ts';
import { createProgram } from './program.ts';

describe('text in a window', () => {
  it('flows where it is prose, and hangs where it explains', () => {
    const text = [
      '',
      'A sentence that was broken',
      'somewhere. Another.',
      '',
      '  git diff | sessionctl agent prompt review -',
      '  7    this is what it means to a person',
      '       who reads',
    ].join('\n');
    expect(flowed(text, 33).split('\n')).toEqual([
      '',
      'A sentence that was broken',
      'somewhere. Another.',
      '',
      '  git diff | sessionctl agent prompt review -',
      '  7    this is what it means to a',
      '       person who reads',
    ]);
    expect(flowed(text, 24).split('\n').slice(-4)).toEqual([
      '  7',
      '      this is what it',
      '      means to a person',
      '      who reads',
    ]);
  });

  it('loses no word, and has no row wider than the window unless a word is', () => {
    const words = (of: string): string[] => of.split(/\s+/).filter((word) => word !== '');
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), (cols) => {
        const rows = flowed(EXIT_CODE_HELP, cols);
        expect(words(rows)).toEqual(words(EXIT_CODE_HELP));
        for (const row of rows.split('\n')) expect(row.length).toBeLessThanOrEqual(cols);
      }),
    );
  });
});

/** What a command prints as its help in a window. */
function help(columns: number, ...names: readonly string[]): string[] {
  let text = '';
  const program = createProgram('1.0.0', {}, async () => {});
  const found = names.reduce((of, name) => of.commands.find((one) => one.name() === name)!, program);
  found.configureOutput({ writeOut: (piece) => (text += piece), getOutHelpWidth: () => columns }).outputHelp();
  return text.split('\n');
}

describe('the help', () => {
  it.each([
    [80, []],
    [80, ['run']],
    [80, ['agent', 'new']],
    [40, []],
    [40, ['agent', 'prompt']],
  ] as const)('fits a window of %i columns: sessionctl %j', (columns, names) => {
    const rows = help(columns, ...names);
    const isToCopy = (row: string): boolean => /^(?:Usage:| {2}sessionctl| {2}git) /.test(row);
    expect(rows.filter((row) => row.length > columns && !isToCopy(row))).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  });
});
