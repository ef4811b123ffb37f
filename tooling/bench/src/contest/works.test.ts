import { expect, test } from 'vitest';
import { entryNames, loadEntry } from './fields.ts';

const TIMES = 3;
const HELD = 10;

test.each(entryNames())('%s: %s does what it is measured for', async (field, library) => {
  const { works, holdings = {} } = await loadEntry({ field, library });
  for (const [name, make] of Object.entries(works)) {
    const work = await make();
    expect(await work(TIMES), name).toBe(TIMES);
    expect(await work(TIMES), `${name}, the second turn`).toBe(TIMES);
  }
  for (const [name, make] of Object.entries(holdings)) {
    expect(await make(HELD), name).toBeDefined();
  }
});
