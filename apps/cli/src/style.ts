import type { Context } from './context.ts';

/** Text with or without colours; what is not wanted is left out, so that the text stays as it is. */
export interface Style {
  readonly good: (text: string) => string;
  readonly notable: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  /** Background and foreground exchanged. */
  readonly reverse: (text: string) => string;
}

const PLAIN: Style = Object.freeze({
  good: same,
  notable: same,
  bad: same,
  faint: same,
  strong: same,
  reverse: same,
});

const COLOURED: Style = Object.freeze({
  good: sgr(32, 39),
  notable: sgr(33, 39),
  bad: sgr(31, 39),
  faint: sgr(2, 22),
  strong: sgr(1, 22),
  reverse: sgr(7, 27),
});

/** Colours where a person sees them and has not asked for none (`NO_COLOR`, see no-color.org; `TERM=dumb`). */
export function styleFor({ env, screen }: Pick<Context, 'env' | 'screen'>): Style {
  return screen.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? COLOURED : PLAIN;
}

function sgr(on: number, off: number): (text: string) => string {
  return (text) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`);
}

function same(text: string): string {
  return text;
}
