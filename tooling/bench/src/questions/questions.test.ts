import { expect, test } from 'vitest';
import { BEHAVIOUR, COST } from './all.ts';
import { LIBRARIES, type Library, type Question } from './question.ts';
import { fullWindow } from './r10-full-window.ts';
import { inVirtualTime, VirtualTime } from './virtual-time.ts';

const RIVALS = LIBRARIES.filter((library) => library !== 'sessiond');

test.each(BEHAVIOUR.map((question) => [`[${question.id}] ${question.asks}`, question] as const))(
  '%s',
  async (_title, question) => {
    expect(await inVirtualTime(question.probes.sessiond!)).toBe(true);
  },
);

test(`[R10] ${fullWindow.asks}`, async () => {
  expect(await fullWindow.probes.sessiond!(new VirtualTime())).toBe(true);
});

test('every question is asked of somebody else too, and somebody fails it', async () => {
  const failedBy = async ({ probes }: Question): Promise<readonly Library[]> => {
    const failed: Library[] = [];
    for (const rival of RIVALS) {
      const probe = probes[rival];
      if (probe !== undefined && !(await inVirtualTime(probe))) failed.push(rival);
    }
    return failed;
  };
  const found: Record<string, readonly Library[]> = {};
  for (const question of BEHAVIOUR) found[question.id] = await failedBy(question);
  expect(found).toEqual({
    R01: ['cockatiel'],
    R02: ['cockatiel', 'opossum'],
    R03: ['opossum'],
    R04: ['cockatiel'],
    R05: ['cockatiel'],
    R06: ['rate-limiter-flexible'],
    R07: ['rate-limiter-flexible'],
    R08: ['rate-limiter-flexible', 'limiter'],
    R09: ['cockatiel', 'opossum'],
  });
});

test('the ids of the questions are R01 to R11, in this order', () => {
  const ids = [...BEHAVIOUR, ...COST].map(({ id }) => id);
  expect(ids).toEqual(Array.from({ length: 11 }, (_, index) => `R${String(index + 1).padStart(2, '0')}`));
});
