import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { AgentFailedError, AgentInputError } from '../../errors.ts';
import { Peer, type PeerOptions } from './peer.ts';

type Words = {
  readonly requests: { double: [number, number]; repeat: [string, string]; wait: [null, null]; refuse: [null, null] };
  readonly tells: { note: string };
};

/** Two ends of a conversation, what each was told, and why each ended. */
function conversation(limits: Partial<PeerOptions<Words>> = {}) {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const notes: string[] = [];
  const closed: string[] = [];
  const aborted: unknown[] = [];
  const make = (input: PassThrough, output: PassThrough) =>
    new Peer<Words, Words>({
      input,
      output,
      onClosed: (reason) => closed.push(reason),
      requests: {
        double: (value) => value * 2,
        repeat: (text) => text.repeat(3),
        wait: (_params, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted.push(signal.reason);
              reject(new AgentFailedError('it was ended'));
            });
          }),
        refuse: () => {
          throw new AgentInputError('field', 'Cannot do that');
        },
      },
      tells: { note: (text) => notes.push(text) },
      ...limits,
    });
  return { near: make(back, there), far: make(there, back), there, back, notes, closed, aborted };
}

it('answers requests in both directions, whatever order the answers come in', async () => {
  const { near, far } = conversation();
  const slow = near.request('wait', null);
  expect(await Promise.all([near.request('double', 4), far.request('double', 5)])).toEqual([8, 10]);
  near.close('enough');
  await expect(slow).rejects.toMatchObject({ interrupted: true });
});

it('tells things in order, before an answer that follows them', async () => {
  const { near, far, notes } = conversation();
  for (const note of ['one', 'two', 'ünï\u2028code']) far.tell('note', note);
  await far.request('double', 1);
  expect(notes).toEqual(['one', 'two', 'ünï\u2028code']);
  near.close('enough');
});

it('hands an error over as the one it was', async () => {
  const { near } = conversation();
  await expect(near.request('refuse', null)).rejects.toMatchObject({ code: 'agent-input', field: 'field' });
  await expect(near.request('none' as 'refuse', null)).rejects.toMatchObject({ code: 'agent-failed' });
});

it.each(['nothing', 'constructor', 'toString', '__proto__'])(
  'knows no request and nothing to be told named %s',
  async (name) => {
    const { near, far, notes, closed } = conversation();
    far.tell(name as 'note', 'heard');
    await expect(near.request(name as 'refuse', null)).rejects.toThrow('Cannot answer: the request is unknown');
    expect([notes, closed]).toEqual([[], []]);
    near.close('enough');
  },
);

it('ends what was asked when the caller gives up, and waits for the answer all the same', async () => {
  const { near, aborted } = conversation();
  const controller = new AbortController();
  const waiting = near.request('wait', null, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toThrow('it was ended');
  expect(aborted).toHaveLength(1);
  await expect(near.request('wait', null, AbortSignal.abort())).rejects.toThrow('it was ended');
});

it('fails what waits, and ends what runs, when the other side is gone', async () => {
  const { near, there, back, closed, aborted } = conversation();
  const waiting = near.request('wait', null);
  await near.request('double', 1);
  there.end();
  back.end();
  await expect(waiting).rejects.toMatchObject({ code: 'agent-failed', interrupted: true });
  await expect.poll(() => aborted.length).toBe(1);
  expect(near.isClosed).toBe(true);
  await expect(near.request('double', 1)).rejects.toMatchObject({ interrupted: true });
  near.tell('note', 'into the void');
  expect(closed).toHaveLength(2);
});

it.each(['no JSON', '5', 'null', '"text"', '[]'])('ends the conversation with a side that says %s', async (line) => {
  const { near, back } = conversation();
  back.write(`${line}\n`);
  await expect.poll(() => near.isClosed).toBe(line !== '[]');
  near.close('enough');
});

it('ends the conversation at a line that is too long, and at one that does not read', async () => {
  const long = conversation({ maxLineBytes: 100 });
  long.back.write(`"${'x'.repeat(200)}"`);
  await expect.poll(() => long.near.isClosed).toBe(true);

  const stuck = conversation({ maxUnsentBytes: 1_000_000 });
  stuck.there.pause();
  for (let at = 0; at < 30; at += 1) stuck.near.tell('note', 'x'.repeat(100_000));
  expect(stuck.closed).toContain('the other side does not read');
});

it('sends no line that is too long: what is asked and answered fails alone, what is told is left out', async () => {
  const { near, far, notes } = conversation({ maxLineBytes: 200 });
  await expect(near.request('repeat', 'x'.repeat(200))).rejects.toThrow('more than 200 bytes');
  await expect(near.request('repeat', 'x'.repeat(100))).rejects.toThrow('Cannot answer');
  expect(far.tell('note', 'ü'.repeat(100))).toBe(false);
  expect(far.tell('note', 'short')).toBe(true);
  expect(await near.request('repeat', 'x')).toBe('xxx');
  expect(notes).toEqual(['short']);
  near.close('enough');
});

it('refuses requests beyond what may wait', async () => {
  const { near } = conversation({ maxPending: 2 });
  const waiting = [near.request('wait', null), near.request('wait', null)];
  await expect(near.request('double', 1)).rejects.toThrow('2 requests wait already');
  near.close('enough');
  for (const each of waiting) await expect(each).rejects.toMatchObject({ interrupted: true });
});
