import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { AgentFeed, Client, FeedItem } from '@sessiond/client';
import type { KnownEvent } from '@sessiond/protocol/client';
import { describe, expect, it } from 'vitest';
import { RpcOutput } from './rpc-output.ts';
import { RpcSession } from './rpc-session.ts';

const AT = '2026-01-02T03:04:05.678Z';

/** Where the agent is when it is asked. */
interface AskedState {
  readonly isStreaming: boolean;
  readonly end: number;
}

/** A session whose events are these, of an agent that answers nothing but `get_state`. */
function start(
  items: Iterable<FeedItem> | AsyncIterable<FeedItem>,
  state: AskedState = { isStreaming: false, end: 1 },
) {
  const output = new PassThrough();
  const problems: string[] = [];
  const asked: Record<string, unknown>[] = [];
  const settle: ((error?: Error) => void)[] = [];
  const client = {
    request: (type: string, fields: object) => {
      asked.push({ type, ...fields });
      if (type === 'get_state') return Promise.resolve({ kind: 'agent', dialogs: [], ...state });
      return new Promise<object>((resolve, reject) => {
        settle.push((error) => (error === undefined ? resolve({}) : reject(error)));
      });
    },
  };
  async function* feed(): AsyncGenerator<FeedItem> {
    yield* items;
  }
  const session = new RpcSession({
    client: client as unknown as Client,
    sessionId: 's',
    cwd: '/',
    feed: Object.assign(feed(), { seq: 1 }) as unknown as AgentFeed,
    output: new RpcOutput(output),
    maxLineBytes: 1_024,
    onProblem: (sentence) => problems.push(sentence),
  });
  const lines = (): Record<string, unknown>[] =>
    ((output.read() as Buffer | null) ?? Buffer.alloc(0))
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const input = new PassThrough();
  const over = new AbortController();
  const read = session.read(input, over.signal);
  const send = (command: object): void => void input.write(`${JSON.stringify(command)}\n`);
  return { session, input, output, lines, send, asked, settle, problems, read, over };
}

const event = (seq: number, body: KnownEvent, replay = false): FeedItem => ({
  kind: 'event',
  seq,
  timestamp: AT,
  event: body,
  replay,
});
const types = (lines: readonly Record<string, unknown>[]): unknown[] => lines.map(({ type }) => type);

describe('a session in the dialect', () => {
  it('ends a run whose end was among the events that are gone', async () => {
    const { session, lines, problems } = start([event(1, { type: 'agent_start' }), { kind: 'gap', from: 2, to: 9 }], {
      isStreaming: false,
      end: 9,
    });
    await session.follow();
    expect(types(lines())).toEqual(['agent_start', 'message_start', 'message_end', 'turn_end', 'agent_end']);
    expect(problems).toEqual(['events 2 to 8 are not told: they came faster than they were read']);
  });

  it('waits for the end of a run that is still to come behind a gap, and tells it once', async () => {
    const { session, lines } = start(
      [
        event(1, { type: 'agent_start' }),
        { kind: 'gap', from: 2, to: 8 },
        event(8, { type: 'agent_end', stopReason: 'stop' }),
      ],
      { isStreaming: false, end: 9 },
    );
    await session.follow();
    expect(types(lines())).toEqual(['agent_start', 'agent_end']);
  });

  it('leaves a run alone that goes on behind a gap', async () => {
    const state = { isStreaming: true, end: 9 };
    const { session, lines } = start([event(1, { type: 'agent_start' }), { kind: 'gap', from: 2, to: 9 }], state);
    await session.follow();
    expect(types(lines())).toEqual(['agent_start']);
  });

  it('tells nothing of what happened before, and knows it', async () => {
    const { session, lines, send, asked } = start([event(1, { type: 'agent_start' }, true)]);
    await session.follow();
    expect(lines()).toEqual([]);
    send({ type: 'prompt', message: 'Hi' });
    await turn();
    expect(lines()).toMatchObject([{ command: 'prompt', success: false }]);
    expect(types(asked)).toEqual(['get_state']);
  });

  it('answers a prompt that fails before the agent begins with the reason', async () => {
    const { lines, send, settle } = start([]);
    send({ id: 'p', type: 'prompt', message: 'Hi' });
    await turn();
    expect(lines()).toEqual([]);
    settle[0]!(new Error('Cannot prompt: no'));
    await turn();
    expect(lines()).toEqual([
      { id: 'p', type: 'response', command: 'prompt', success: false, error: 'Cannot prompt: no' },
    ]);
  });

  it('does not refuse a prompt whose failure is read before the beginning of its run', async () => {
    let tell!: () => void;
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    async function* late(): AsyncGenerator<FeedItem> {
      await told;
      yield event(1, { type: 'agent_start' });
      yield event(2, { type: 'agent_end', stopReason: 'error' });
    }
    const { session, lines, send, settle } = start(late(), { isStreaming: false, end: 3 });
    const followed = session.follow();
    send({ id: 'p', type: 'prompt', message: 'Hi' });
    await turn();
    settle[0]!(new Error('Cannot go on: the process of the agent has ended'));
    await turn();
    expect(lines()).toEqual([]);
    tell();
    await followed;
    expect(lines()).toMatchObject([{ id: 'p', success: true }, { type: 'agent_start' }, { type: 'agent_end' }]);
  });

  it('answers a prompt without a run when it is over', async () => {
    const { lines, send, settle } = start([]);
    send({ id: 'p', type: 'prompt', message: '/name' });
    await turn();
    settle[0]!();
    await turn();
    expect(lines()).toEqual([{ id: 'p', type: 'response', command: 'prompt', success: true }]);
  });

  it('answers what was asked before the input ended', async () => {
    const { input, lines, send, settle, read } = start([]);
    let isOver = false;
    void read.then(() => {
      isOver = true;
    });
    send({ id: '1', type: 'compact' });
    input.end('{"id":"2","type":"abort"}');
    await turn();
    settle[1]!();
    await turn();
    expect([isOver, lines().map(({ id }) => id)]).toEqual([false, ['2']]);
    settle[0]!();
    await read;
    expect(lines().map(({ id }) => id)).toEqual(['1']);
  });

  it('waits for no answer when it has to end', async () => {
    const { input, send, read, over } = start([]);
    send({ type: 'compact' });
    input.end();
    await turn();
    over.abort();
    await read;
  });

  it('refuses more commands than it keeps in mind', async () => {
    const { lines, send } = start([]);
    for (let count = 0; count < 257; count += 1) send({ type: 'compact' });
    await turn();
    expect(lines()).toMatchObject([{ command: 'compact', success: false, error: expect.stringContaining('256') }]);
  });

  it('answers an abort behind what has come of the run, and waits for no more than that', async () => {
    const { session, lines, send, settle } = start([event(1, { type: 'agent_start' })], { isStreaming: false, end: 2 });
    send({ id: '1', type: 'abort' });
    await turn();
    settle[0]!();
    await turn();
    expect(lines()).toEqual([]);
    await session.follow();
    await turn();
    expect(types(lines())).toEqual(['agent_start', 'response']);
  });

  it('reads no more commands while nobody reads their answers', async () => {
    const { input, output } = start([]);
    const command = `${JSON.stringify({ type: 'x'.repeat(60) })}\n`;
    let sent = 0;
    for (; !input.isPaused() && sent < 100_000; sent += 1) {
      input.write(command);
      if (sent % 100 === 0) await turn();
    }
    expect(input.isPaused()).toBe(true);
    expect(output.readableLength + output.writableLength).toBeLessThan(5 * 1024 * 1024);
    output.resume();
    await turn();
    await turn();
    expect(input.isPaused()).toBe(false);
  });

  it('tells whoever runs it of an answer that no dialog takes', async () => {
    const { send, settle, problems, lines, asked } = start([]);
    send({ type: 'extension_ui_response', id: 'd-1', value: 'x' });
    await turn();
    settle[0]!(new Error('Cannot answer: there is no such dialog'));
    await turn();
    expect(asked).toEqual([{ type: 'extension_ui_response', sessionId: 's', requestId: 'd-1', value: 'x' }]);
    expect(problems).toEqual(['Cannot answer: there is no such dialog']);
    expect(lines()).toEqual([]);
  });
});
