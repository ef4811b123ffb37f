import pino from 'pino';
import { expect, it } from 'vitest';
import { ReleaseStack } from './release-stack.ts';

const lines: { msg: string; err: { message: string } }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });

it('lets go of the last first, each when the one before is done, once', async () => {
  const stack = new ReleaseStack(logger);
  const told: string[] = [];
  stack.push(() => told.push('first'));
  stack.push(async () => {
    told.push('second begins');
    await Promise.resolve();
    told.push('second ends');
  });
  await Promise.all([stack.releaseAll(), stack.releaseAll()]);
  await stack.releaseAll();
  expect(told).toEqual(['second begins', 'second ends', 'first']);
});

it('lets go of the rest when something cannot be let go of, and says so', async () => {
  const stack = new ReleaseStack(logger);
  const told: string[] = [];
  stack.push(() => told.push('first'));
  stack.push(() => Promise.reject(new Error('rejected')));
  stack.push(() => {
    throw new Error('thrown');
  });
  await stack.releaseAll();
  expect(told).toEqual(['first']);
  expect(lines.map(({ err }) => err.message)).toEqual(['thrown', 'rejected']);
});
