import { expect, it } from 'vitest';
import { OwnTurns } from './own-turns.ts';

it('knows which prompts wait for the agent, and whether one had begun', () => {
  const turns = new OwnTurns();
  turns.add('a', 'first');
  turns.add('b', 'second');
  turns.begin('a');
  turns.begin('of-somebody-else');
  turns.begin(undefined);
  expect([turns.size, turns.waiting]).toEqual([2, ['second']]);
  expect([turns.end('a'), turns.end('b'), turns.end('b')]).toEqual([true, false, false]);
  expect([turns.size, turns.waiting]).toEqual([0, []]);
});
