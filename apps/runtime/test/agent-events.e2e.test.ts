import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followAgent, numbered, startAgent, textOf, untilEvent } from './agent-client.ts';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

/** What the fake agent says for `stream <n>`. */
function streamed(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => `${String(index % 1000).padStart(3, '0')} `).join('');
}

/** Far less than a stalled reply and all buffers on its way hold together. */
const LOG_BYTES = 256 * 1024;

/** How long 4,000 tokens take, one in a millisecond. */
const PROMPT_MS = 4_000;
/** The longest that a piece of a text waits for more, and what goes with a piece, at most. */
const MAX_DELAY_MS = 150;
const ENVELOPE_BYTES = 64;

const { connect } = shareDaemon({
  flags: ['--no-tcp', '--agent-backends', 'fake', '--agent-log-bytes', String(LOG_BYTES)],
});

/** Counts the bytes of the messages about a session, from now on. */
function countBytes(client: TerminalClient): () => number {
  let bytes = 0;
  client.wire.ws.on('message', (data: Buffer) => {
    if (/"type":"(?:event|delta)"/.test(data.toString('latin1', 0, 64))) bytes += data.length;
  });
  return () => bytes;
}

/** The numbers of all events and of what the gaps name, in the order in which they came. */
function numbersAndGaps(client: TerminalClient): { numbers: number[]; gaps: { from: number; to: number }[] } {
  const numbers: number[] = [];
  const gaps: { from: number; to: number }[] = [];
  for (const { seq, event } of client.events) {
    const { type, from, to } = event as { type: string; from: number; to: number };
    if (type === 'events_gap') {
      gaps.push({ from, to });
      for (let missing = from; missing < to; missing++) numbers.push(missing);
    } else if (typeof seq === 'number') numbers.push(seq);
  }
  return { numbers, gaps };
}

/** The number of the last event that came, or of the last one that a gap named. */
function lastNumber(client: TerminalClient): number | undefined {
  const last = client.events.findLast(
    ({ seq, event }) => typeof seq === 'number' || (event as { type: string }).type === 'events_gap',
  );
  return typeof last?.['seq'] === 'number' ? last['seq'] : last && (last['event'] as { to: number }).to - 1;
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function untilCaughtUp(client: TerminalClient, sessionId: string): Promise<number> {
  const { end } = (await client.ask('get_state', { sessionId })) as { end: number };
  // Asked with every message, so that it looks at the last event alone.
  await client.until(() => lastNumber(client) === end - 1);
  return end - 1;
}

it.each([
  ['as fast as it can', 'stream 4000', 2],
  ['a token a millisecond', 'stream 4000 1', 2],
])(
  '[S42] tells a reply of 4,000 tokens, %s, in at most three times its text per subscriber',
  async (_, message, followers) => {
    const { client, sessionId } = await followAgent(connect, { cwd: '/tmp', name: 'a name of some length' });
    const others = await Promise.all(Array.from({ length: followers - 1 }, () => connect()));
    for (const other of others) await other.ask('attach', { sessionId, from: 'now' });
    const counts = [client, ...others].map((each) => [each, countBytes(each)] as const);
    const began = performance.now();
    const answer = await client.ask('prompt', { sessionId, message });
    // A busy machine takes longer for it, and no piece waits for longer than this.
    const lateBytes = Math.max(0, (performance.now() - began - PROMPT_MS) / MAX_DELAY_MS) * ENVELOPE_BYTES;
    const text = streamed(4000);
    expect(answer['text']).toBe(text);
    for (const [each, bytes] of counts) {
      await untilCaughtUp(each, sessionId);
      expect(textOf(each, sessionId)).toBe(text);
      console.log(`${bytes().toLocaleString('en')} bytes for a text of ${text.length.toLocaleString('en')}`);
      // What is counted holds the text at least.
      expect(bytes()).toBeGreaterThan(text.length);
      expect(bytes()).toBeLessThanOrEqual(3 * text.length + lateBytes);
    }
  },
);

it('[S41] gives a subscriber that stalls for two seconds everything, as long as the log has it', async () => {
  const { client, sessionId } = await followAgent(connect);
  const stalled = await connect();
  await stalled.ask('attach', { sessionId });
  stalled.wire.ws.pause();
  const prompted = client.ask('prompt', { sessionId, message: 'stream 20000' });
  await delay(2000);
  stalled.wire.ws.resume();
  await prompted;
  const last = await untilCaughtUp(stalled, sessionId);
  expect(numbersAndGaps(stalled)).toEqual({ numbers: upTo(last), gaps: [] });
  expect(textOf(stalled, sessionId)).toBe(streamed(20_000));
});

it('[S41] tells a subscriber that stalls for longer than the log reaches exactly what it missed, and it can read the rest', async () => {
  const client = await connect();
  const sessionId = await startAgent(client);
  const stalled = await connect();
  await stalled.ask('switch_session', { sessionId, after: 0 });
  await untilEvent(stalled, 'agent_phase_changed');
  stalled.wire.ws.pause();
  const { text } = await client.ask('prompt', { sessionId, message: 'stream 300000' });
  expect((text as string).length).toBe(1024 * 1024);
  stalled.wire.ws.resume();
  const last = await untilCaughtUp(stalled, sessionId);
  const { numbers, gaps } = numbersAndGaps(stalled);
  expect(numbers).toEqual(upTo(last));
  expect(gaps.length).toBeGreaterThan(0);
  const { start, end } = (await client.ask('get_state', { sessionId })) as { start: number; end: number };
  expect(gaps.at(-1)!.to).toBeGreaterThanOrEqual(start);
  // What is still there can be asked for again, and what is gone is named.
  const late = await connect();
  const { streamId } = await late.ask('attach', { sessionId, from: 1 });
  await untilCaughtUp(late, sessionId);
  expect(numbersAndGaps(late)).toEqual({ numbers: upTo(end - 1), gaps: [{ from: 1, to: start }] });
  expect(await client.command('attach', { sessionId, from: end, streamId: 'another' })).toMatchObject({
    code: 'INVALID_STATE',
    details: { field: 'streamId', streamId },
  });
  expect(await client.command('attach', { sessionId, from: end + 1 })).toMatchObject({
    code: 'INVALID_STATE',
    details: { field: 'from', end },
  });
});

it('[AS03] resumes behind the last event a client got, without one missing or coming twice', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.ask('prompt', { sessionId, message: 'stream 2000 1' });
  const seen: number[] = [];
  let streamId: unknown;
  for (let round = 0; round < 4; round++) {
    const reader = await connect();
    const place = seen.length === 0 ? {} : { from: seen.at(-1)! + 1, streamId };
    ({ streamId } = await reader.ask('attach', { sessionId, ...place }));
    await reader.until(() => numbered(reader, sessionId).length >= 5);
    seen.push(...numbered(reader, sessionId).map(({ seq }) => seq));
    reader.cut();
  }
  expect(seen).toEqual(upTo(seen.length));
  await prompted;
});

it('[AS03] has one place in the events of an agent for who attaches and follows: each comes once, and who names a place goes there', async () => {
  const { client, sessionId } = await followAgent(connect);
  await client.ask('prompt', { sessionId, message: 'echo one' });
  await untilCaughtUp(client, sessionId);
  const { from, end } = (await client.ask('attach', { sessionId, from: 'now' })) as { from: number; end: number };
  expect(from).toBe(end);
  await client.ask('prompt', { sessionId, message: 'echo two' });
  let last = await untilCaughtUp(client, sessionId);
  expect(numbered(client, sessionId).map(({ seq }) => seq)).toEqual(upTo(last));

  expect(await client.ask('switch_session', { sessionId })).toMatchObject({ seq: last });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ attached: 1 });
  await client.ask('detach', { sessionId });
  await client.ask('prompt', { sessionId, message: 'echo three' });
  last = await untilCaughtUp(client, sessionId);
  expect(numbered(client, sessionId).map(({ seq }) => seq)).toEqual(upTo(last));

  client.events.splice(0);
  expect(await client.ask('switch_session', { sessionId, after: last - 2 })).toMatchObject({ seq: last - 2 });
  await client.until(() => numbered(client, sessionId).length === 2);
  await client.ask('unsubscribe', { sessionId });
  await client.ask('prompt', { sessionId, message: 'echo four' });
  expect(numbered(client, sessionId).map(({ seq }) => seq)).toEqual([last - 1, last]);
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ attached: 0 });
});

it('[S23] tells the events of an agent to those who asked for them, and to nobody else', async () => {
  const { client, sessionId } = await followAgent(connect);
  const stranger = await connect();
  await client.ask('prompt', { sessionId, message: 'echo private' });
  await stranger.ask('health_check');
  expect(numbered(stranger, sessionId)).toEqual([]);
});

it('[S25] ends bash beside an agent with abort_bash, and its processes are gone', async () => {
  const { client, sessionId } = await followAgent(connect);
  const ran = client.command('bash', { id: 'sleeper', sessionId, command: 'echo $$; sleep 1000' });
  await untilEvent(client, 'bash.output');
  const [started] = numbered(client, sessionId).filter(({ type }) => type === 'bash.started');
  expect(await client.ask('abort_bash', { sessionId })).toMatchObject({ aborted: true });
  expect(await ran).toMatchObject({ code: 'CANCELLED' });
  expect(() => process.kill(started!.event['pid'] as number, 0)).toThrow('ESRCH');
  await untilEvent(client, 'bash.finished');
  const events = client.events.map(({ event }) => (event as { type: string }).type);
  expect(events.filter((type) => type === 'bash.started' || type === 'bash.finished')).toHaveLength(2);
});

it('puts bash beside an agent on its record, with what it was run with', async () => {
  const client = await connect();
  const sessionId = await startAgent(client, { cwd: '/', env: { GREETING: 'good day' } });
  const ran = client.ask('bash', { sessionId, command: 'pwd; echo $GREETING' });
  expect(await ran).toMatchObject({ exitCode: 0, output: '/\ngood day\n' });
  const { messages } = (await client.ask('get_messages', { sessionId })) as { messages: { role: string }[] };
  expect(messages.map(({ role }) => role)).toEqual(['bashExecution']);
  // Without following the session, its issuer is told of it all the same.
  const told = new Set(client.events.map(({ event }) => (event as { type: string }).type));
  expect([...told].filter((type) => type.startsWith('bash.'))).toEqual([
    'bash.started',
    'bash.output',
    'bash.finished',
  ]);
});
