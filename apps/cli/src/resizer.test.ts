import { ProtocolError } from '@sessiond/protocol/client';
import { expect, it } from 'vitest';
import { type ResizeClient, Resizer } from './resizer.ts';

/** A client whose daemon answers a resize with what `answers` has next, and with success when that is empty. */
function fakeClient() {
  const sizes: string[] = [];
  const answers: Error[] = [];
  let onSize: () => void = () => {};
  const request = async (_type: string, { cols, rows }: { cols: number; rows: number }): Promise<object> => {
    sizes.push(`${cols}x${rows}`);
    onSize();
    const refusal = answers.shift();
    if (refusal !== undefined) throw refusal;
    return {};
  };
  const until = async (count: number): Promise<void> => {
    while (sizes.length < count) {
      await new Promise<void>((resolve) => {
        onSize = resolve;
      });
    }
  };
  return { sizes, answers, until, client: { request } as unknown as ResizeClient };
}

it('sends the first of many sizes at once and then only the newest', async () => {
  const { sizes, until, client } = fakeClient();
  const resizer = new Resizer(client, 's', { cols: 80, rows: 24 });
  for (let cols = 81; cols <= 200; cols += 1) resizer.follow({ cols, rows: 24 });
  await until(2);
  expect(sizes).toEqual(['81x24', '200x24']);
  resizer.stop();
});

it('sends a size again that the daemon did not take for a while, unless there is a newer one', async () => {
  const { sizes, answers, until, client } = fakeClient();
  const refusal = new ProtocolError('RATE_LIMITED', 'no', { retryAfterMs: 5 });
  answers.push(refusal, refusal);
  const resizer = new Resizer(client, 's', { cols: 80, rows: 24 });
  resizer.follow({ cols: 100, rows: 30 });
  await until(2);
  resizer.follow({ cols: 101, rows: 30 });
  await until(3);
  expect(sizes).toEqual(['100x30', '100x30', '101x30']);
  resizer.stop();
});

it('sends a size again when the daemon was too busy to say when', async () => {
  const { sizes, answers, until, client } = fakeClient();
  answers.push(new ProtocolError('QUEUE_FULL', 'too many wait'));
  const resizer = new Resizer(client, 's', { cols: 80, rows: 24 });
  resizer.follow({ cols: 100, rows: 30 });
  await until(2);
  expect(sizes).toEqual(['100x30', '100x30']);
  resizer.stop();
});

it('gives up a size that is refused for good, and says nothing after its end', async () => {
  const { sizes, answers, until, client } = fakeClient();
  answers.push(new ProtocolError('INVALID_STATE', 'the program has ended'));
  const resizer = new Resizer(client, 's', { cols: 80, rows: 24 });
  resizer.follow({ cols: 100, rows: 30 });
  await new Promise(setImmediate);
  resizer.follow({ cols: 101, rows: 30 });
  await until(2);
  resizer.follow({ cols: 102, rows: 30 });
  resizer.stop();
  resizer.follow({ cols: 103, rows: 30 });
  await new Promise(setImmediate);
  expect(sizes).toEqual(['100x30', '101x30']);
});

it('makes a program draw itself by giving it another size for a moment', async () => {
  const { sizes, until, client } = fakeClient();
  const resizer = new Resizer(client, 's', { cols: 80, rows: 24 });
  resizer.begin({ cols: 80, rows: 24 }, true);
  await until(2);
  expect(sizes).toEqual(['80x23', '80x24']);
  resizer.stop();
});
