import { beforeAll, expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

const { connect } = shareDaemon({ flags: ['--no-tcp'] });

let client: TerminalClient;
let stranger: TerminalClient;
let watcher: TerminalClient;
beforeAll(async () => {
  client = await connect();
  stranger = await connect();
  watcher = await connect();
  watcher.wire.send({ type: 'hello', protocolVersion: '1.0.0', watchCommands: true, commandEvents: 'none' });
  await watcher.ask('health_check');
  await client.ask('create_session', { kind: 'pty', sessionId: 's', pty: { command: 'cat' } });
});

/** The kinds of events about a command, and its answer, in the order in which they came. */
function storyOf(each: TerminalClient, id: string): string[] {
  return each.messages
    .filter(
      (message) => message['id'] === id || (message['event'] as { commandId?: string } | undefined)?.commandId === id,
    )
    .map(({ type, event }) => (event as { type: string } | undefined)?.type ?? (type as string));
}

const WHOLE_STORY = ['command_accepted', 'command_started', 'command_finished'];

it('[S03] tells the issuer of a data command when it is accepted, started and finished, before the response that carries its id', async () => {
  const answer = await client.command('bash', { id: 'told', sessionId: 's', command: 'exit 3' });
  expect(answer).toMatchObject({ id: 'told', command: 'bash', success: true, data: { exitCode: 3 } });
  expect(storyOf(client, 'told')).toEqual([...WHOLE_STORY, 'response']);
  expect(client.eventsOf('command_finished').at(-1)).toMatchObject({
    sessionId: 's',
    correlationId: 'told',
    event: { command: 'bash', success: true, durationMs: expect.any(Number) },
  });
});

it('[S03] tells of a command that never ran, or ran before, only that it is finished', async () => {
  const failed = { id: 'cycle', sessionId: 's', command: 'true', dependsOn: ['cycle'] };
  await client.command('bash', failed);
  expect(storyOf(client, 'cycle')).toEqual(['command_accepted', 'command_finished', 'response']);
  expect(client.eventsOf('command_finished').at(-1)).toMatchObject({ event: { code: 'DEPENDENCY_CYCLE' } });
  client.messages.length = 0;
  await client.command('bash', { ...failed, id: 'told', command: 'exit 3', dependsOn: undefined });
  expect(storyOf(client, 'told')).toEqual(['command_finished', 'response']);
  expect(client.eventsOf('command_finished').at(-1)).toMatchObject({ event: { commandId: 'told', replayed: true } });
});

it('[S03] tells of control commands those who ask for it, and of nothing those who want nothing', async () => {
  await client.command('list_sessions', { id: 'quiet' });
  expect(storyOf(client, 'quiet')).toEqual(['response']);
  const thorough = await connect();
  thorough.wire.send({ type: 'hello', protocolVersion: '1.0.0', commandEvents: 'all' });
  await thorough.command('list_sessions', { id: 'loud' });
  expect(storyOf(thorough, 'loud')).toEqual([...WHOLE_STORY, 'response']);
  thorough.wire.send({ type: 'hello', protocolVersion: '1.0.0', commandEvents: 'none' });
  await thorough.command('bash', { id: 'none', sessionId: 's', command: 'true' });
  expect(storyOf(thorough, 'none')).toEqual(['response']);
});

it('[S24] tells strangers nothing of the commands of others, and those who watch everything', async () => {
  await stranger.ask('switch_session', { sessionId: 's' });
  await client.command('bash', { id: 'private', sessionId: 's', command: 'true' });
  await client.command('set_session_name', { id: 'rename', sessionId: 's', name: 'x' });
  await Promise.all([stranger, watcher].map((each) => each.ask('health_check')));
  expect(
    stranger.events.filter(({ event }) => String((event as { type: string }).type).startsWith('command_')),
  ).toEqual([]);
  expect(storyOf(watcher, 'private')).toEqual(WHOLE_STORY);
  expect(storyOf(watcher, 'rename')).toEqual(WHOLE_STORY);
  expect(storyOf(client, 'rename')).toEqual(['response']);
});
