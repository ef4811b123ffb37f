import { StartedDaemons, WireClient } from '@sessiond/testkit';
import { afterEach, expect, it } from 'vitest';

const daemons = new StartedDaemons();
afterEach(() => daemons.stop());

async function connect(...flags: string[]): Promise<WireClient> {
  const { socketPath } = await daemons.start({ flags });
  return WireClient.connect({ socketPath });
}

interface SessionEvent {
  readonly type: string;
  readonly reason?: string;
  readonly inMs?: number;
}

/** Starts a program that is followed from its beginning; resolves when it runs. */
async function run(client: WireClient, args: readonly string[]): Promise<void> {
  const pty = { command: '/bin/sh', args };
  await client.command({ id: 'create', type: 'create_session', kind: 'pty', sessionId: 's', cwd: '/', pty });
  await client.command({ id: 'follow', type: 'switch_session', sessionId: 's' });
}

async function event(client: WireClient, type: string): Promise<SessionEvent> {
  const message = await client.messageWhere((each) => (each['event'] as SessionEvent | undefined)?.type === type);
  return message['event'] as SessionEvent;
}

it('a session that is too old is told of its end, and then ended with the reason expired', async () => {
  // Half of it is left to follow the session before its end is told, on a busy machine too.
  const client = await connect('--max-lifetime-ms', '4000');
  await run(client, ['-c', 'while :; do echo busy; sleep 0.1; done']);
  const { reason, inMs } = await event(client, 'session_expiring');
  expect([reason, inMs! > 0 && inMs! <= 2_000]).toEqual(['lifetime', true]);
  expect(await event(client, 'pty.stopped')).toMatchObject({ reason: 'expired' });
  expect(await client.command({ id: 'state', type: 'get_state', sessionId: 's' })).toMatchObject({
    data: { exit: { reason: 'expired' } },
  });
});

it('a session that is silent for too long is told of its end, which input puts off', async () => {
  // Half of it is left for the input after the announcement, on a busy machine too.
  const client = await connect('--max-idle-ms', '6000');
  await run(client, ['-c', 'stty -echo; while read line; do :; done']);
  expect(await event(client, 'session_expiring')).toMatchObject({ reason: 'idle' });
  await client.command({ id: 'input', type: 'input', sessionId: 's', data: 'still here\n' });
  // Announced anew, which it would not be without the input; then nobody says anything.
  expect(await event(client, 'session_expiring')).toMatchObject({ reason: 'idle' });
  expect(await event(client, 'pty.stopped')).toMatchObject({ reason: 'expired' });
});

it('a session in which a line of shell runs is not silent, and is again from its end on', async () => {
  // Enough for the line to begin, on a busy machine too.
  const client = await connect('--max-idle-ms', '4000');
  await run(client, ['-c', 'sleep 1000']);
  const type = 'bash';
  const done = await client.command({ id: 'bash', type, sessionId: 's', command: 'sleep 5' });
  expect(done).toMatchObject({ success: true, data: { exitCode: 0 } });
  expect(await client.command({ id: 'state', type: 'get_state', sessionId: 's' })).toMatchObject({
    data: { state: 'active' },
  });
  expect(await event(client, 'pty.stopped')).toMatchObject({ reason: 'expired' });
});

it('a session that nobody limits goes on, and is told shutdown as the reason when the daemon ends', async () => {
  const client = await connect();
  await run(client, ['-c', 'sleep 1000']);
  const ending = daemons.stop();
  expect(await event(client, 'pty.stopped')).toMatchObject({ reason: 'shutdown' });
  expect(await ending).toMatchObject([{ exitCode: 0, leftover: [] }]);
});
