import type { EscapeSequence } from './escape-sequence.ts';

/** CSI forms a terminal answers, by final character: what the parameters have to look like. */
const CSI_QUERIES: Readonly<Record<string, RegExp>> = {
  // Device attributes; the terminal types its answer.
  c: /^[>=]?\d*$/,
  // Device status and cursor position.
  n: /^\??\d+$/,
  // Name and version of the terminal.
  q: /^>\d*$/,
  // Is a mode set?
  p: /^\??\d+\$$/,
  // Kitty keyboard flags.
  u: /^\?$/,
  // Size and position of the window, its title.
  t: /^(1[1-9]|2[01])(;\d+)?$/,
  // Terminal parameters.
  x: /^[01]?$/,
  // Checksum of a rectangle.
  y: /^[\d;]*\*$/,
  // Tab stops and cursor information.
  w: /^\d+\$$/,
  // Graphics attributes.
  S: /^\?[\d;]*$/,
  // Key modifier options.
  m: /^\?\d*$/,
};

/**
 * Whether a terminal that reads the sequence types something back.
 *
 * In live output that is right: the program asked. In output that is replayed, the program got its answer long ago, and
 * another one would be typed into whatever reads now.
 */
export function isTerminalQuery({ kind, body, final }: EscapeSequence): boolean {
  switch (kind) {
    case 'csi':
      return CSI_QUERIES[final]?.test(body) ?? false;
    case 'osc':
      return /;\?(;|$)/.test(body);
    case 'dcs':
      return /^[+$]q/.test(body);
    case 'apc':
      return /^G[^;]*a=q/.test(body);
    case 'other':
      return final === 'Z' && body === '';
  }
}
