import { describe, expect, it } from 'vitest';
import { idsInTitle, requirementsOf } from './requirements.ts';

describe('requirements', () => {
  it('are the rows that begin with an id, plain or in backticks, under any heading', () => {
    const markdown = `# Requirements
| id | what must hold |
|---|---|
| FR-007-001 | Six states. |
## Sessions
| \`RT-12\` | Keep \`a \\| b\`. | more |
| B01|Echo.|
| word | not an id |
B02 is text.
`;
    expect(requirementsOf(markdown)).toEqual([
      { id: 'FR-007-001', statement: 'Six states.', section: 'Requirements' },
      { id: 'RT-12', statement: 'Keep `a | b`.', section: 'Sessions' },
      { id: 'B01', statement: 'Echo.', section: 'Sessions' },
    ]);
  });
});

describe('a title', () => {
  it.each([
    ['[B05] [FR-007-003] fails whole', ['B05', 'FR-007-003'], 'fails whole'],
    ['[B10, T002] finds it', ['B10', 'T002'], 'finds it'],
    ['[B1 T2] finds it', ['B1', 'T2'], 'finds it'],
    ['ends with its id [B05]', ['B05'], 'ends with its id'],
    ['reads [0, 1) and args[0] of []', [], 'reads [0, 1) and args[0] of []'],
    ['does not name B05', [], 'does not name B05'],
  ])('%s', (title, ids, words) => {
    expect(idsInTitle(title)).toEqual({ ids, words });
  });
});
