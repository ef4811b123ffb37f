import { type EventMessage, type PtyEvent, type PtyEventType, RESERVED_ID_PREFIX } from '@sessiond/protocol';
import { nonconformity } from '@sessiond/protocol/conformance';
import { afterAll, expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

// One of the tests sends more commands than anybody should.
const UNLIMITED = ['--control-commands-per-minute', 'off', '--total-commands-per-minute', 'off'];

const shared = shareDaemon({ flags: ['--no-tcp', '--idle-timeout-ms', 'never', ...UNLIMITED] });

/** What the server sent that is not as the protocol has it. */
const strange: string[] = [];
afterAll(() => expect(strange).toEqual([]));

async function connect(): Promise<TerminalClient> {
  const client = await shared.connect();
  client.wire.ws.on('message', (data: Buffer, isBinary) => {
    const found = isBinary ? undefined : nonconformity(data.toString());
    if (found !== undefined) strange.push(found);
  });
  return client;
}

/** The events of a session, the remembered and the following ones. */
class Story {
  readonly #client: TerminalClient;
  readonly #sessionId: string;
  readonly #past: readonly EventMessage[];

  constructor(client: TerminalClient, sessionId: string, past: readonly EventMessage[]) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#past = past;
  }

  get all(): readonly EventMessage<PtyEvent>[] {
    const live = (this.#client.events as unknown as EventMessage[]).filter(
      ({ sessionId, seq }) => sessionId === this.#sessionId && seq !== undefined,
    );
    return [...this.#past, ...live] as EventMessage<PtyEvent>[];
  }

  of<T extends PtyEventType>(type: T): (Omit<EventMessage, 'event'> & { readonly event: PtyEvent<T> })[] {
    return this.all.filter(({ event }) => event.type === type) as unknown as ReturnType<typeof this.of<T>>;
  }

  async until(type: PtyEventType, count = 1): Promise<void> {
    await this.#client.until(() => this.of(type).length >= count);
  }
}

/** Follows a session from its first event on. */
async function follow(client: TerminalClient, sessionId: string): Promise<Story> {
  const { events } = await client.ask('switch_session', { sessionId, after: 0 });
  return new Story(client, sessionId, events as EventMessage[]);
}

it('[FR-007-006] [SC-007-004] [B36] tells a whole life without a hole, every event with its labels and the command that caused it', async () => {
  const client = await connect();
  await client.ask('create_session', {
    id: 'make',
    kind: 'pty',
    sessionId: 'life',
    laneId: 'lane-7',
    terminalId: 'left',
    pty: { command: '/bin/sh', args: ['-c', 'read line; trap "" USR1; echo ready; read line'] },
  });
  const story = await follow(client, 'life');
  await client.ask('input', { sessionId: 'life', data: '\n' });
  await client.ask('wait_for', { sessionId: 'life', text: 'ready' });
  await client.ask('resize', { id: 'wider', sessionId: 'life', cols: 100, rows: 30 });
  await client.ask('signal', { id: 'poke', sessionId: 'life', signal: 'SIGUSR1' });
  await client.ask('terminate', { id: 'end', sessionId: 'life' });
  await story.until('pty.stopped');
  const { all } = story;
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  for (const { sessionId, timestamp, event } of all) {
    expect(sessionId).toBe('life');
    expect(event).toMatchObject({
      ptyId: 'life',
      sessionId: 'life',
      laneId: 'lane-7',
      terminalId: 'left',
      ts: timestamp,
    });
  }
  const caused = all
    .filter(({ event }) => event.type !== 'pty.output')
    .map(({ correlationId, event }) => [correlationId, event.type]);
  expect(caused).toEqual([
    ['make', 'pty.state.changed'],
    ['make', 'pty.state.changed'],
    ['make', 'pty.spawned'],
    ['wider', 'pty.resized'],
    ['poke', 'pty.signal.delivered'],
    ['end', 'pty.terminating'],
    ['end', 'pty.signal.delivered'],
    ['end', 'pty.exited'],
    ['end', 'pty.state.changed'],
    ['end', 'pty.stopped'],
  ]);
  const states = story.of('pty.state.changed').map(({ event: { from, to } }) => `${from} → ${to}`);
  expect(states).toEqual(['idle → spawning', 'spawning → active', 'active → stopped']);
  await client.ask('delete_session', { id: 'gone', sessionId: 'life' });
  await client.until(() => client.eventsOf('session_deleted').length === 1);
  expect(client.eventsOf('session_created')[0]).toMatchObject({ correlationId: 'make' });
  expect(client.eventsOf('session_deleted')[0]).toMatchObject({ correlationId: 'gone' });
});

it('names a command without an id by one that no client can give', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  const story = await follow(client, sessionId);
  client.wire.send({ type: 'resize', sessionId, cols: 90, rows: 20 });
  client.wire.send({ type: 'resize', sessionId, cols: 91, rows: 20 });
  await story.until('pty.resized', 2);
  const [first, second] = story.of('pty.resized').map(({ correlationId }) => correlationId!);
  expect(first).toMatch(new RegExp(`^${RESERVED_ID_PREFIX}`));
  expect(second).not.toBe(first);
  await client.ask('delete_session', { sessionId });
});

it('tells who follows after the creation what has happened since, and nothing twice', async () => {
  const [creator, other] = [await connect(), await connect()];
  const sessionId = await creator.run('cat', []);
  await other.until(() => other.eventsOf('session_created').some((message) => message['sessionId'] === sessionId));
  const { seq, events } = await other.ask('switch_session', { sessionId, after: 1 });
  expect(events).toMatchObject([
    { seq: 2, event: { to: 'active' } },
    { seq: 3, event: { type: 'pty.spawned' } },
  ]);
  expect(seq).toBe(3);
  expect(await other.ask('switch_session', { sessionId })).not.toHaveProperty('events');
  await creator.ask('resize', { sessionId, cols: 100, rows: 30 });
  await other.until(() => other.eventsOf('pty.resized').length > 0);
  expect(other.eventsOf('pty.resized').length).toBe(1);
  expect(other.eventsOf('pty.resized')[0]).toMatchObject({ seq: 4 });
  await creator.ask('delete_session', { sessionId });
});

it('misses no event that happens while the answer to a follower is made', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  const { _socket: socket } = client.wire.ws as unknown as { _socket: { cork(): void; uncork(): void } };
  socket.cork();
  const answer = client.ask('switch_session', { sessionId });
  client.wire.send({ type: 'resize', sessionId, cols: 101, rows: 30 });
  socket.uncork();
  const { seq } = await answer;
  await client.until(() => client.eventsOf('pty.resized').length === 1);
  expect(client.eventsOf('pty.resized')[0]!['seq']).toBeGreaterThanOrEqual(seq as number);
  await client.ask('delete_session', { sessionId });
});

it('leaves no subscription behind that could not be made', async () => {
  const client = await connect();
  expect(await client.command('switch_session', { sessionId: 'later' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  await client.ask('create_session', { kind: 'pty', sessionId: 'later', pty: { command: 'cat' } });
  await client.ask('resize', { sessionId: 'later', cols: 100, rows: 30 });
  await client.ask('delete_session', { sessionId: 'later' });
  expect(client.eventsOf('pty.resized')).toEqual([]);
});

it('[FR-007-001] [B37] counts a silent terminal as throttled until there is output, as long as it asked for', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('printf R; while read line; do printf +; done', { idleTimeoutMs: 50 });
  const story = await follow(client, sessionId);
  await client.ask('wait_for', { sessionId, text: 'R' });
  const stateOf = async (): Promise<unknown> => (await client.ask('get_state', { sessionId }))['state'];
  await expect.poll(stateOf).toBe('throttled');
  const { sessions } = (await client.ask('list_sessions')) as { sessions: { sessionId: string; state: string }[] };
  expect(sessions.find((session) => session.sessionId === sessionId)!.state).toBe('throttled');
  const changes = (): string[] => story.of('pty.state.changed').map(({ event }) => event.cause);
  const count = changes().length;
  expect(story.of('pty.idle_timeout').at(-1)!.event).toMatchObject({ idleTimeoutMs: 50 });
  await client.ask('input', { sessionId, data: '\n' });
  await story.until('pty.state.changed', count + 2);
  expect(changes().slice(count - 1, count + 2)).toEqual(['idle-timeout', 'output-resumed', 'idle-timeout']);
  expect(story.of('pty.state.changed')[2]).not.toHaveProperty('correlationId');
  await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});

it('[FR-007-005] [B39] [B40] tells of pressure and loss exactly, to a follower who reads no output', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('printf R; read go; head -c 299999 /dev/zero', {
    bufferBytes: 65_536,
    backpressureThreshold: 0.5,
  });
  const story = await follow(client, sessionId);
  const reader = await connect();
  const log = await reader.attach(sessionId, { window: 16_384 });
  await log.until(({ text }) => text === 'R');
  await client.ask('input', { sessionId, data: '\n' });
  await story.until('pty.buffer.overflow');
  reader.acknowledge(log);
  await log.until(({ end }) => {
    reader.acknowledge(log);
    return end !== undefined;
  });
  await story.until('pty.stopped');
  const { stats } = await client.ask('get_state', { sessionId });
  expect(await client.ask('get_buffer_stats', { sessionId })).toMatchObject(stats as object);
  const { totalWritten, totalDropped } = stats as { totalWritten: number; totalDropped: number };
  expect(totalWritten).toBe(300_000);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const overflows = story.of('pty.buffer.overflow').map(({ event }) => event.droppedBytesSinceLastEvent);
  expect(sum(overflows)).toBe(totalDropped);
  const outputs = story.of('pty.output').map(({ event }) => event);
  // What was written before the follower came is not told again.
  const before = outputs[0]!.endOffset - outputs[0]!.bytes;
  expect(before + sum(outputs.map(({ bytes }) => bytes))).toBe(totalWritten);
  expect(outputs.at(-1)!.endOffset).toBe(totalWritten);
  expect(story.of('pty.backpressure.on').length).toBeGreaterThan(0);
  const { metrics } = (await client.ask('get_metrics')) as { metrics: { name: string; value: number }[] };
  const value = (name: string): number => metrics.find((metric) => metric.name === name)!.value;
  expect(value('sessiond.pty.io')).toBeGreaterThanOrEqual(totalWritten);
  expect(value('sessiond.pty.dropped')).toBeGreaterThanOrEqual(totalDropped);
  expect(value('sessiond.pty.backpressure')).toBe(0);
  expect(story.of('pty.backpressure.off').length).toBe(story.of('pty.backpressure.on').length);
  await client.ask('delete_session', { sessionId });
});

it('[FR-007-004] [B28] keeps the history of a terminal, also after its end', async () => {
  const client = await connect();
  const before = Date.now();
  const sessionId = await client.runRaw('trap "" TERM HUP; printf R; while :; do sleep 0.05; done', {
    gracePeriodMs: 200,
    idleTimeoutMs: null,
  });
  await client.ask('wait_for', { sessionId, text: 'R' });
  expect(await client.ask('terminate', { sessionId })).toMatchObject({ forceKilled: true });
  const { seq } = await client.ask('switch_session', { sessionId });
  expect(await client.command('signal', { sessionId, signal: 'SIGINT' })).toMatchObject({ code: 'INVALID_STATE' });
  const { events } = await client.ask('switch_session', { sessionId, after: 0 });
  expect((events as EventMessage[]).at(-1)).toMatchObject({ seq, event: { type: 'pty.stopped' } });
  const state = await client.ask('get_state', { sessionId });
  expect(state).toMatchObject({
    gracePeriodMs: 200,
    idleTimeoutMs: null,
    transitions: [{ cause: 'spawn-requested' }, { cause: 'spawn-succeeded' }, { to: 'stopped', cause: 'graceful-end' }],
  });
  const signals = state['signals'] as { signal: string; outcome: string; pid: number; error?: string; ts: string }[];
  expect(signals.map(({ signal, outcome }) => `${signal} ${outcome}`)).toEqual([
    'SIGTERM delivered',
    'SIGHUP escalated',
    'SIGCONT escalated',
    'SIGKILL escalated',
    'SIGINT failed',
  ]);
  expect(signals.map(({ pid }) => pid)).toEqual(Array(5).fill(state['pid']));
  expect(signals[4]!.error).toBe('the child has ended');
  const times = signals.map(({ ts }) => Date.parse(ts));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.abs(times[0]! - before)).toBeLessThan(60_000);
  await client.ask('delete_session', { sessionId });
  const { metrics } = (await client.ask('get_metrics')) as { metrics: { name: string; value: number }[] };
  const value = (name: string): number => metrics.find((metric) => metric.name === name)!.value;
  expect(value('sessiond.pty.tombstones')).toBeGreaterThan(0);
  expect(value('sessiond.pty.listener.failures')).toBe(0);
});

it('[FR-007-006] keeps no events but those of coming and going for a follower who does not read', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  const deaf = await connect();
  await deaf.ask('switch_session', { sessionId });
  deaf.wire.ws.pause();
  const rounds = 30_000;
  for (let round = 0; round < rounds; round += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => client.ask('resize', { sessionId, cols: 100 + (at % 2), rows: 30 })),
    );
  }
  await client.ask('create_session', { kind: 'pty', sessionId: 'unheard', pty: { command: 'cat' } });
  deaf.wire.ws.resume();
  await client.ask('delete_session', { sessionId });
  await client.ask('delete_session', { sessionId: 'unheard' });
  await deaf.until(() => deaf.eventsOf('session_deleted').length === 2);
  expect(deaf.eventsOf('pty.stopped').length).toBe(1);
  expect(deaf.eventsOf('session_created')).toMatchObject([{ sessionId: 'unheard' }]);
  const sizeOf = (messages: readonly unknown[]): number => JSON.stringify(messages).length;
  const seen = deaf.eventsOf('pty.resized');
  expect(seen.length).toBeGreaterThan(0);
  expect((sizeOf(seen) / seen.length) * rounds).toBeGreaterThan(8 * 1024 * 1024);
  expect(sizeOf(seen)).toBeLessThan(4 * 1024 * 1024);
});
