import { readEscapeSequence } from '../escape-sequence.ts';

/** What a key of `top` means. */
export type KeyAction =
  | 'quit'
  | 'interrupt'
  | 'rate'
  | 'name'
  | 'attached'
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end';

const CHARACTERS: Readonly<Record<string, KeyAction>> = {
  q: 'quit',
  Q: 'quit',
  '\x03': 'interrupt',
  r: 'rate',
  n: 'name',
  a: 'attached',
  k: 'up',
  j: 'down',
  ' ': 'pageDown',
  b: 'pageUp',
  g: 'home',
  G: 'end',
};

/** Cursor keys as xterm sends them, in normal and in application mode (`ESC [ A`, `ESC O A`), and the block above them. */
const SEQUENCES: Readonly<Record<string, KeyAction>> = {
  A: 'up',
  B: 'down',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '4~': 'end',
  '5~': 'pageUp',
  '6~': 'pageDown',
};

const ESC = 0x1b;

/** What was typed, in order; keys that mean nothing are left out, and so is a sequence that is cut off at the end. */
export function keyActions(typed: Uint8Array): KeyAction[] {
  const actions: KeyAction[] = [];
  for (let at = 0; at < typed.length; ) {
    if (typed[at] !== ESC) {
      push(actions, CHARACTERS[String.fromCharCode(typed[at]!)]);
      at += 1;
      continue;
    }
    const sequence = readEscapeSequence(typed, at);
    if (sequence === 'incomplete') break;
    if (sequence === 'malformed') {
      at += 1;
    } else if (sequence.kind === 'other' && sequence.final === 'O') {
      push(actions, SEQUENCES[String.fromCharCode(typed[sequence.end] ?? 0)]);
      at = sequence.end + 1;
    } else {
      if (sequence.kind === 'csi') push(actions, SEQUENCES[`${sequence.body}${sequence.final}`]);
      at = sequence.end;
    }
  }
  return actions;
}

function push(actions: KeyAction[], action: KeyAction | undefined): void {
  if (action !== undefined) actions.push(action);
}
