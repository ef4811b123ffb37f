import { beforeEach, expect, it } from 'vitest';
import { SessionLocks } from './session-locks.ts';

const never = new AbortController().signal;
let locks: SessionLocks;
beforeEach(() => {
  locks = new SessionLocks({ maxWaiting: 2, maxWaitMs: 20 });
});

it('gives an id to one at a time, in the order they came, and other ids beside it', async () => {
  const first = locks.enter('s')!;
  expect(locks.enter('s')).toBeUndefined();
  expect(locks.enter('other')?.ok).toBe(true);
  const order: string[] = [];
  const waiting = ['second', 'third'].map(async (name) => {
    const hold = await locks.wait('s', never);
    order.push(name);
    if (hold.ok) hold.release();
  });
  first.release();
  await Promise.all(waiting);
  expect(order).toEqual(['second', 'third']);
  expect(locks.enter('s')?.ok).toBe(true);
});

it('says that a session is busy to one too many, and to who has waited long enough', async () => {
  locks.enter('s');
  const waiting = [locks.wait('s', never), locks.wait('s', never)];
  const busy = { ok: false, fault: { code: 'SESSION_BUSY', retryAfterMs: expect.any(Number) } };
  expect(await locks.wait('s', never)).toMatchObject(busy);
  for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject(busy);
});

it('lets who is aborted leave at once, and the next one move up', async () => {
  const first = locks.enter('s')!;
  const abort = new AbortController();
  const [second, third] = [locks.wait('s', abort.signal), locks.wait('s', never)];
  abort.abort();
  expect((await second).ok).toBe(false);
  first.release();
  expect((await third).ok).toBe(true);
});
