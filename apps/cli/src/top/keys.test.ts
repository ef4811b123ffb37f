import { expect, it } from 'vitest';
import { keyActions } from './keys.ts';

it.each([
  ['rna', ['rate', 'name', 'attached']],
  ['\x1b[A\x1b[B', ['up', 'down']],
  ['\x1bOA\x1bOB', ['up', 'down']],
  ['\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1~\x1b[4~', ['pageUp', 'pageDown', 'home', 'end', 'home', 'end']],
  ['kj bgG', ['up', 'down', 'pageDown', 'pageUp', 'home', 'end']],
  ['\x03', ['interrupt']],
  ['x\x1b[1;5C\x1b]0;title\x07zq', ['quit']],
  ['\x1b', []],
  ['\x1b[', []],
  ['\x1b\x1b[A', ['up']],
  ['端\xff', []],
])('%j means %j', (typed, actions) => {
  expect(keyActions(Buffer.from(typed))).toEqual(actions);
});
