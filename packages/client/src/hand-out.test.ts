import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandOut } from './hand-out.ts';

interface Reading {
  readonly onItem?: (item: string) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** A hand-out of a list, as its owners make one. */
function stage({ onItem, signal }: Reading = {}) {
  const waiting: string[] = [];
  const log: string[] = [];
  const handOut: HandOut<string> = new HandOut(
    {
      take: () => waiting.shift(),
      onTaken: (item) => void log.push(`taken ${item}`),
      onBroken: (reason) => {
        waiting.length = 0;
        log.push(`broken ${reason}`);
        handOut.fail(reason);
      },
      onLeft: async () => {
        log.push('left');
        handOut.end();
      },
    },
    { names: { whole: 'list', item: 'entry' }, onItem, signal },
  );
  const arrive = (...items: string[]): void => {
    for (const item of items) {
      waiting.push(item);
      handOut.wake();
    }
  };
  return { handOut, arrive, log, waiting };
}

/** What a promise has come to by now: its value, its error, or nothing yet. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  // What is settled by now goes through a few promises before it is seen here.
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  return Promise.race([settled, Promise.resolve('waits')]);
}

/** A promise, and what settles it. */
function work() {
  let finish!: () => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { promise, finish, fail };
}

describe('a hand-out to a loop', () => {
  it('gives what waits and then what comes, and counts as taken what the loop has asked beyond', async () => {
    const { handOut, arrive, log } = stage();
    arrive('a');
    const items = handOut.iterate();
    expect(await items.next()).toEqual({ done: false, value: 'a' });
    expect(log).toEqual([]);
    const next = items.next();
    expect(log).toEqual(['taken a']);
    arrive('b', 'c');
    expect(await next).toEqual({ done: false, value: 'b' });
    expect(await items.next()).toEqual({ done: false, value: 'c' });
    expect(log).toEqual(['taken a', 'taken b']);
  });

  it('takes what the loop leaves with, and lets its owner give up before the loop goes on', async () => {
    const { handOut, arrive, log } = stage();
    arrive('a', 'b');
    for await (const item of { [Symbol.asyncIterator]: () => handOut.iterate() }) {
      expect(item).toBe('a');
      break;
    }
    expect(log).toEqual(['taken a', 'left']);
    await handOut.done;
  });

  it('has one reader, who waits for one item', async () => {
    const { handOut } = stage();
    const items = handOut.iterate();
    expect(() => handOut.iterate()).toThrow('Cannot iterate list: it already has a reader');
    expect(() => stage({ onItem: () => {} }).handOut.iterate()).toThrow('it already has a reader');
    const waiting = items.next();
    await expect(items.next()).rejects.toThrow('Cannot take the next entry: the one before is still awaited');
    handOut.end();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('tells whoever waits of a failure, and only of the first', async () => {
    const { handOut } = stage();
    const items = handOut.iterate();
    const waiting = items.next();
    handOut.fail(new Error('first'));
    handOut.fail(new Error('second'));
    handOut.end();
    await expect(waiting).rejects.toThrow('first');
    await expect(handOut.done).rejects.toThrow('first');
    await expect(items.next()).rejects.toThrow('first');
  });

  it('breaks with the reason of its signal, and no longer listens to it once it is over', async () => {
    const controller = new AbortController();
    const { handOut, arrive, log } = stage({ signal: controller.signal });
    arrive('a', 'b');
    const items = handOut.iterate();
    await items.next();
    controller.abort('enough');
    expect(log).toEqual(['broken enough']);
    await expect(items.next()).rejects.toBe('enough');
    await expect(handOut.done).rejects.toBe('enough');
    const ended = new AbortController();
    const other = stage({ signal: ended.signal });
    other.handOut.end();
    ended.abort('too late');
    expect(other.log).toEqual([]);
  });

  it('is a list that is read in order and then ends as it ended first, whatever the order of acts', async () => {
    const acts = fc.array(fc.constantFrom('arrive', 'arrive', 'next', 'next', 'end', 'fail'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(acts, async (steps) => {
        const { handOut, arrive, log } = stage();
        const items = handOut.iterate();
        const answers: Promise<unknown>[] = [];
        // The model: what arrived, how it ended, and how many answers are asked for.
        const arrived: string[] = [];
        let end: unknown;
        let asked = 0;
        for (const step of steps) {
          const isWaiting = asked > arrived.length && end === undefined;
          if (step === 'arrive' && end === undefined) {
            arrived.push(`${arrived.length}`);
            arrive(arrived.at(-1)!);
          } else if (step === 'next' && !isWaiting) {
            asked += 1;
            answers.push(items.next());
          } else if (step === 'end' && asked >= arrived.length) {
            // An owner that ends a hand-out has nothing left for it.
            end ??= { value: { done: true, value: undefined } };
            handOut.end();
          } else if (step === 'fail') {
            end ??= { error: 'failed' };
            handOut.fail('failed');
          }
        }
        const expected = answers.map((_, at) => {
          const value = arrived[at];
          return value === undefined ? (end ?? 'waits') : { value: { done: false, value } };
        });
        expect(await Promise.all(answers.map(stateOf))).toEqual(expected);
        // All but the one in hand, which counts when the reader asks again.
        expect(log).toEqual(arrived.slice(0, Math.max(asked - 1, 0)).map((item) => `taken ${item}`));
        const done = await stateOf(handOut.done);
        expect(done).toEqual(end === undefined ? 'waits' : 'error' in (end as object) ? end : { value: undefined });
      }),
    );
  });
});

describe('a hand-out to a handler', () => {
  it('gives an item when the handler is done with the one before', async () => {
    const seen: string[] = [];
    const first = work();
    const { handOut, arrive, log } = stage({
      onItem: (item) => {
        seen.push(item);
        return item === 'a' ? first.promise : undefined;
      },
    });
    arrive('a', 'b', 'c');
    expect(seen).toEqual(['a']);
    first.finish();
    await stateOf(first.promise);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['taken a', 'taken b', 'taken c']);
    expect(await stateOf(handOut.done)).toBe('waits');
  });

  it('gives what waits to a handler at work before it tells of the failure', async () => {
    const seen: string[] = [];
    const first = work();
    const { handOut, arrive } = stage({
      onItem: (item) => {
        seen.push(item);
        return item === 'a' ? first.promise : undefined;
      },
    });
    arrive('a', 'b');
    handOut.fail('lost');
    expect(await stateOf(handOut.done)).toBe('waits');
    first.finish();
    await expect(handOut.done).rejects.toBe('lost');
    expect(seen).toEqual(['a', 'b']);
  });

  it('ends without waiting for a handler at work, which may wait for the end itself', async () => {
    const first = work();
    const { handOut, arrive } = stage({ onItem: () => first.promise });
    arrive('a');
    handOut.end();
    expect(await stateOf(handOut.done)).toEqual({ value: undefined });
    first.finish();
  });

  it.each([
    ['throws', () => throwing('cannot draw')],
    ['rejects', () => Promise.reject('cannot draw')],
  ])('gives nothing more to a handler that %s, and takes nothing it failed on', async (_, handler) => {
    const seen: string[] = [];
    const { handOut, log, waiting } = stage({
      onItem: (item) => {
        seen.push(item);
        return handler();
      },
    });
    waiting.push('a', 'b');
    handOut.wake();
    await expect(handOut.done).rejects.toBe('cannot draw');
    expect(seen).toEqual(['a']);
    expect(log).toEqual(['broken cannot draw']);
    expect(waiting).toEqual([]);
  });

  it('tells of the failure that came while the handler was at work when the handler fails as well', async () => {
    const first = work();
    const { handOut, arrive } = stage({ onItem: () => first.promise });
    arrive('a');
    handOut.fail('lost');
    first.fail('cannot draw');
    await expect(handOut.done).rejects.toBe('lost');
  });
});

function throwing(error: unknown): never {
  throw error;
}
