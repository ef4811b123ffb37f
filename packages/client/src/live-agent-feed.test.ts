import type { KnownEvent } from '@sessiond/protocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestAgent } from '../test/test-agent.ts';
import { TestDaemon } from '../test/test-daemon.ts';
import type { AgentFeed, FeedItem, FollowOptions } from './agent-feed.ts';
import { Client } from './client.ts';
import { isClientError } from './errors.ts';
import { nodeDialer } from './transports/node.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start() {
  const daemon = await new TestDaemon().listen();
  cleanups.push(() => daemon.stop());
  const agent = daemon.addAgent('a');
  const reconnect = { initialDelayMs: 1, maxDelayMs: 5, deadlineMs: 10_000 };
  const client = await Client.open(nodeDialer({ url: daemon.url }), { reconnect });
  cleanups.push(() => client.close());
  return { daemon, client, agent };
}

async function following(options?: FollowOptions) {
  const stage = await start();
  return { ...stage, feed: await stage.client.follow('a', options) };
}

function says(delta: string): KnownEvent {
  return { type: 'message_update', assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta } };
}

const STOPPED: KnownEvent = { type: 'agent_stopped', reason: 'deleted' };

/** What an item says, with the text of deltas. */
function told(item: FeedItem): string {
  if (item.kind === 'gap') return `gap ${item.from}-${item.to}`;
  const { event } = item;
  const isText = event.type === 'message_update' && event.assistantMessageEvent.type === 'text_delta';
  const what = isText ? (event.assistantMessageEvent as { delta: string }).delta : event.type;
  return `${item.seq}${item.replay ? 'r' : ''}:${what}`;
}

async function readAll(feed: AgentFeed): Promise<string[]> {
  const seen: string[] = [];
  for await (const item of feed) seen.push(told(item));
  return seen;
}

async function take(items: AsyncIterator<FeedItem>, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) seen.push(told((await items.next()).value));
  return seen;
}

/** Resolves when everything that was sent before has arrived. */
async function settled(client: Client): Promise<void> {
  await client.request('list_sessions');
}

/** Cuts the connection off, and resolves when the client knows. */
async function cutOff(daemon: TestDaemon, client: Client): Promise<void> {
  const away = new Promise<void>((resolve) => {
    const leave = client.onStateChange(({ status }) => {
      if (status !== 'reconnecting') return;
      leave();
      resolve();
    });
  });
  daemon.cutOff();
  await away;
}

function telling(agent: TestAgent, from: number, to: number): void {
  for (let seq = from; seq <= to; seq += 1) agent.append(says(`${seq}`));
}

describe('a feed', () => {
  it('yields what was kept and what comes, in order, and ends behind the last event of the agent', async () => {
    const { client, agent } = await start();
    telling(agent, 1, 2);
    const feed = await client.follow('a');
    telling(agent, 3, 4);
    agent.append(STOPPED);
    expect(await readAll(feed)).toEqual(['1r:1', '2r:2', '3:3', '4:4', '5:agent_stopped']);
    await feed.done;
    expect(feed.snapshot()).toMatchObject({ status: 'ended', seq: 6 });
    await settled(client);
    expect(agent.followers).toBe(0);
  });

  it('begins where it is told', async () => {
    const { client, agent } = await start();
    telling(agent, 1, 5);
    const feed = await client.follow('a', { from: 4, streamId: agent.streamId });
    const items = feed[Symbol.asyncIterator]();
    expect(await take(items, 2)).toEqual(['4r:4', '5r:5']);
    await feed.detach();
    const live = await client.follow('a', { from: 'now' });
    agent.append(says('6'));
    expect(await take(live[Symbol.asyncIterator](), 1)).toEqual(['6:6']);
  });

  it('tells what the daemon no longer has, and a hole that was not announced', async () => {
    const { client, agent, daemon } = await start();
    telling(agent, 1, 5);
    agent.forgetBefore(3);
    const feed = await client.follow('a', { from: 1 });
    await settled(client);
    daemon.say(JSON.stringify({ type: 'event', sessionId: 'a', seq: 8, timestamp: 'T', event: says('8') }));
    const items = feed[Symbol.asyncIterator]();
    expect(await take(items, 6)).toEqual(['gap 1-3', '3r:3', '4r:4', '5r:5', 'gap 6-8', '8:8']);
  });

  it('passes over events of others, without a number, and that it has had', async () => {
    const { client, agent, daemon, feed } = await following();
    agent.append(says('1'));
    const envelope = { type: 'event', timestamp: 'T' };
    daemon.say(JSON.stringify({ ...envelope, sessionId: 'b', seq: 2, event: says('of another') }));
    daemon.say(JSON.stringify({ ...envelope, sessionId: 'a', event: { type: 'bash.output', data: 'x' } }));
    daemon.say(JSON.stringify({ ...envelope, sessionId: 'a', seq: 1, event: says('again') }));
    agent.append(says('2'));
    agent.append(STOPPED);
    await settled(client);
    expect(await readAll(feed)).toEqual(['1:1', '2:2', '3:agent_stopped']);
  });

  it('makes events of what goes on with one, and takes for a hole what goes on with nothing', async () => {
    const { client, daemon, feed } = await following();
    const heard: (number | undefined)[] = [];
    client.onEvent(({ seq }) => heard.push(seq));
    const whole = { type: 'event', sessionId: 'a', timestamp: 'T', correlationId: 'c-1' };
    daemon.say(JSON.stringify({ ...whole, channel: 1, seq: 1, event: says('1') }));
    daemon.say(JSON.stringify({ type: 'delta', channel: 1, seq: 2, delta: '2' }));
    daemon.say(JSON.stringify({ type: 'delta', channel: 2, seq: 3, delta: 'lost' }));
    daemon.say(JSON.stringify({ ...whole, seq: 4, event: STOPPED }));
    await settled(client);
    expect(await readAll(feed)).toEqual(['1:1', '2:2', 'gap 3-4', '4:agent_stopped']);
    expect(heard).toEqual([1, 2, 4]);
  });

  it('counts as taken what the reader has asked beyond', async () => {
    const { agent, feed } = await following();
    telling(agent, 1, 2);
    const items = feed[Symbol.asyncIterator]();
    await items.next();
    expect(feed.seq).toBe(1);
    await items.next();
    expect(feed.seq).toBe(2);
  });

  it('is left with the loop, and the session goes on', async () => {
    const { client, agent, feed } = await following();
    telling(agent, 1, 3);
    for await (const item of feed) if (told(item) === '2:2') break;
    await settled(client);
    expect(agent.followers).toBe(0);
    expect(feed.snapshot()).toMatchObject({ status: 'detached', seq: 3, waitingEvents: 0 });
    expect(client.snapshot().attachments).toBe(0);
  });

  it('rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    const { client, agent, feed } = await following({ signal: controller.signal });
    const waiting = feed[Symbol.asyncIterator]().next();
    controller.abort(new Error('never mind'));
    await expect(waiting).rejects.toThrow('never mind');
    await expect(feed.done).rejects.toThrow('never mind');
    await settled(client);
    expect(agent.followers).toBe(0);
  });

  it('ends behind what is kept of a session that is over already', async () => {
    const { client, agent } = await start();
    telling(agent, 1, 3);
    agent.forgetBefore(3);
    agent.isLost = true;
    const feed = await client.follow('a', { from: 1 });
    expect(await readAll(feed)).toEqual(['gap 1-3', '3r:3']);
    expect(feed.snapshot()).toMatchObject({ status: 'ended', seq: 4 });
    expect(await readAll(await client.follow('a', { from: 'now' }))).toEqual([]);
    await settled(client);
    expect(agent.followers).toBe(0);
  });

  it('fails when the session is deleted without a last word, after what had arrived', async () => {
    const { client, agent, daemon, feed } = await following();
    agent.append(says('1'));
    const deleted = { type: 'session_deleted', sessionId: 'a', reason: 'deleted' };
    daemon.say(JSON.stringify({ type: 'event', sessionId: 'a', timestamp: 'T', event: deleted }));
    await settled(client);
    const items = feed[Symbol.asyncIterator]();
    expect(await take(items, 1)).toEqual(['1:1']);
    expect(isClientError(await items.next().catch((error) => error), 'SESSION_NOT_FOUND')).toBe(true);
  });

  it('is for agents only, and attachments are for terminals only', async () => {
    const { client, daemon, agent } = await start();
    daemon.addSession('terminal');
    await expect(client.follow('terminal')).rejects.toMatchObject({ code: 'ATTACHMENT_STATE' });
    await expect(client.attach('a')).rejects.toMatchObject({ code: 'ATTACHMENT_STATE' });
    await settled(client);
    expect(agent.followers).toBe(0);
    expect(client.snapshot().attachments).toBe(0);
    // Neither is in the way of the right one.
    await client.follow('a');
    await client.attach('terminal');
  });

  it('names a bad option, and has one reader', async () => {
    const { client, feed } = await following();
    await expect(client.follow('b', { maxWaitingChars: 0 })).rejects.toThrow('maxWaitingChars is 0');
    feed[Symbol.asyncIterator]();
    expect(() => feed[Symbol.asyncIterator]()).toThrow('already has a reader');
  });
});

describe('after a lost connection, a feed', () => {
  it('goes on where it was, with nothing missing and nothing twice', async () => {
    const { daemon, client, agent, feed } = await following({ role: 'observer' });
    telling(agent, 1, 3);
    await settled(client);
    const items = feed[Symbol.asyncIterator]();
    expect(await take(items, 1)).toEqual(['1:1']);
    await cutOff(daemon, client);
    telling(agent, 4, 5);
    await settled(client);
    telling(agent, 6, 6);
    agent.append(STOPPED);
    expect(await take(items, 6)).toEqual(['2:2', '3:3', '4:4', '5:5', '6:6', '7:agent_stopped']);
    expect(feed.snapshot().resumes).toBe(1);
    expect(daemon.commands.at(-2)).toMatchObject({
      type: 'attach',
      from: 4,
      streamId: agent.streamId,
      role: 'observer',
    });
  });

  it('tells exactly what was forgotten meanwhile', async () => {
    const { daemon, client, agent, feed } = await following();
    telling(agent, 1, 2);
    await settled(client);
    await cutOff(daemon, client);
    telling(agent, 3, 9);
    agent.forgetBefore(8);
    const items = feed[Symbol.asyncIterator]();
    expect(await take(items, 5)).toEqual(['1:1', '2:2', 'gap 3-8', '8:8', '9:9']);
  });

  it('ends when the session has ended meanwhile and the log with it', async () => {
    const { daemon, client, agent, feed } = await following();
    telling(agent, 1, 2);
    const reading = readAll(feed);
    await settled(client);
    await cutOff(daemon, client);
    agent.isLost = true;
    expect(await reading).toEqual(['1:1', '2:2']);
    expect(feed.snapshot().status).toBe('ended');
  });

  it('fails when the session has another log, and when there is no connection any more', async () => {
    const { daemon, client, feed } = await following();
    daemon.addAgent('a', 'another-life');
    daemon.cutOff();
    await expect(feed.done).rejects.toMatchObject({ code: 'INVALID_STATE' });
    const other = await client.follow('a');
    await client.close();
    await expect(other.done).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('a reader that does not read', () => {
  it('costs bounded memory, is answered meanwhile, and misses nothing in the end', async () => {
    const { client, agent, feed } = await following({ maxWaitingChars: 10_000 });
    for (let seq = 1; seq <= 200; seq += 1) agent.append(says(`${seq} ${'x'.repeat(500)}`));
    await settled(client);
    const { status, waitingChars } = feed.snapshot();
    expect(status).toBe('waiting');
    expect(waitingChars).toBeGreaterThan(10_000);
    expect(waitingChars).toBeLessThan(10_800);
    expect(agent.followers).toBe(0);
    agent.append(STOPPED);
    const seen: number[] = [];
    for await (const item of feed) {
      if (item.kind === 'event') seen.push(item.seq);
      expect(feed.snapshot().waitingChars).toBeLessThan(10_800);
      // What is asked while reading does not wait for the reading.
      if (seen.length % 50 === 0) await client.request('list_sessions');
    }
    expect(seen).toEqual(Array.from({ length: 201 }, (_, index) => index + 1));
  });

  it('is told the exact gap when the log is over it', async () => {
    const { client, agent, feed } = await following({ maxWaitingChars: 1_000 });
    for (let seq = 1; seq <= 50; seq += 1) agent.append(says(`${seq} ${'x'.repeat(100)}`));
    await settled(client);
    const { received } = feed.snapshot();
    agent.forgetBefore(40);
    agent.append(STOPPED);
    const gaps: FeedItem[] = [];
    for await (const item of feed) if (item.kind === 'gap') gaps.push(item);
    expect(gaps).toEqual([{ kind: 'gap', from: received, to: 40 }]);
  });

  it('lets go again when the daemon was too busy to hear of it', async () => {
    const { daemon, client, agent, feed } = await following({ maxWaitingChars: 1_000 });
    daemon.refusals.push({ type: 'detach', code: 'RATE_LIMITED', retryAfterMs: 1 });
    for (let seq = 1; seq <= 50; seq += 1) agent.append(says(`${seq} ${'x'.repeat(100)}`));
    agent.append(STOPPED);
    expect(await readAll(feed)).toHaveLength(51);
    await settled(client);
    const asked = daemon.commands.map(({ type }) => type).filter((type) => type === 'attach' || type === 'detach');
    expect(asked.slice(0, 4)).toEqual(['attach', 'detach', 'detach', 'attach']);
    expect(agent.followers).toBe(0);
  });

  it('comes back over a new connection, too', async () => {
    const { daemon, client, agent, feed } = await following({ maxWaitingChars: 1_000 });
    for (let seq = 1; seq <= 50; seq += 1) agent.append(says(`${seq} ${'x'.repeat(100)}`));
    await settled(client);
    expect(feed.snapshot().status).toBe('waiting');
    await cutOff(daemon, client);
    await settled(client);
    agent.append(STOPPED);
    expect(await readAll(feed)).toHaveLength(51);
  });
});
