import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import { startDaemon } from '@sessiond/testkit';
import { describe, expect, it } from 'vitest';
import { Person } from './person.ts';
import { shareStage } from './shared-stage.ts';

const stage = shareStage({ flags: ['--agent-backends', 'fake'] });

let names = 0;
async function startAgent(at: Client = stage.client): Promise<string> {
  names += 1;
  const sessionId = `agent-${names}`;
  await at.request('create_session', { kind: 'agent', sessionId, agent: { backend: 'fake' } });
  return sessionId;
}

function starting(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Person> {
  return Person.starting(stage, args, { LANG: 'C.UTF-8', NO_COLOR: '1', ...env });
}

/** A person who chats with an agent at rest. */
async function chatting(id: string, env?: Readonly<Record<string, string>>): Promise<Person> {
  const person = await starting(['agent', 'chat', id], env);
  await person.sees('idle');
  return person;
}

async function stateOf(sessionId: string) {
  return stage.client.request('get_state', { sessionId });
}

describe('chat', () => {
  it('shows what is said as it comes, leaves with Ctrl-D, and the session goes on', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('stream 40 20\r');
    await person.sees('❯ stream 40 20');
    await person.sees('working');
    await person.sees('039');
    await person.type('\x04');
    const { screen, status } = await person.end();
    expect(status).toBe(0);
    expect(screen).toContain(`sessionctl: left ${id}, which goes on; come back with: sessionctl agent chat ${id}\r\n`);
    expect(screen).toContain('\x1b[?2004l');
    expect(await stateOf(id)).toMatchObject({ state: 'idle', attached: 0 });
  });

  it('Ctrl-C aborts the turn and not the session, and again it leaves', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('hang\r');
    await person.sees('Ctrl-C aborts');
    await person.type('\x03');
    await person.sees('aborted');
    await person.sees('Ctrl-C again leaves');
    await person.type('echo still here\r');
    await person.sees('\r\nstill here\r\n');
    await person.type('\x03');
    await person.type('\x03');
    expect(await person.end()).toMatchObject({ status: 0 });
    expect(await stateOf(id)).toMatchObject({ state: 'idle' });
  });

  it('leaves an agent that works at work', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('hang\r');
    await person.sees('Ctrl-C aborts');
    await person.type('/quit\r');
    await person.end();
    expect(await stateOf(id)).toMatchObject({ state: 'running' });
    await stage.client.request('abort', { sessionId: id });
  });

  it('shows on entry what was said before, and folds tools to a line', async () => {
    const id = await startAgent();
    await stage.client.request('prompt', { sessionId: id, message: 'bash echo told; exit 4' });
    const person = await chatting(id);
    await person.sees('❯ bash echo told; exit 4');
    await person.sees('The command failed.');
    expect(await person.screen()).toMatch(/\r\n✗ bash echo told; exit 4 \d.*\r\n/);
    await person.type('\x04');
    await person.end();
  });

  it('steers an agent that works, and hands it what comes afterwards', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('queue\r');
    await person.sees('I am working.');
    await person.type('> echo afterwards\r');
    await person.sees('↳ when it is done: echo afterwards');
    await person.type('turn left\r');
    await person.sees('I was told: turn left');
    await person.sees('\r\nafterwards\r\n');
    await person.type('\x04');
    await person.end();
  });

  it('has dialogs answered where they are asked', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('dialog select\r');
    await person.sees('2. green');
    await person.type('7\r');
    await person.sees('Type a number from 1 to 3.');
    await person.type('\x152\r');
    await person.sees('You answered: green');
    await person.type('dialog confirm\r');
    await person.sees('This is only a question.');
    await person.type('n\r');
    await person.sees('You answered: no');
    await person.type('dialog input\r');
    await person.sees('What is your name?');
    await person.type('Ada\r');
    await person.sees('You answered: Ada');
    await person.type('dialog editor\r');
    await person.sees('? A text with an eror');
    await person.type('\x7f\x7f\x7frror\x1b\rand more\r');
    await person.sees('You answered: A text with an error\r\nand more');
    await person.type('dialog input\r');
    await person.sees('What is your name? → Ada');
    await person.type('\x1b');
    await person.sees('You answered: nothing');
    await person.type('\x04');
    await person.end();
  });

  it('tells when a dialog was answered elsewhere, and keeps what was being typed', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    const prompt = stage.client.request('prompt', { sessionId: id, message: 'dialog confirm' });
    await person.sees('y or n, Enter');
    const { requests } = await stage.client.request('list_pending_ui', { sessionId: id });
    const { requestId } = requests[0]!;
    await stage.client.request('extension_ui_response', { sessionId: id, requestId, confirmed: true });
    await prompt;
    await person.sees('? Go on? → answered elsewhere');
    await person.type('\x04');
    await person.end();
  });

  it('helps in rows that fit into the window', async () => {
    const person = await chatting(await startAgent());
    await person.type('/help\r');
    // Of a line that was broken for a window of one column more, no word is left over.
    await person.sees('behind a leading >\r\nit is a follow-up, for when the agent is done.');
    await person.sees('\r\n/models            list the models\r\n');
    await person.type('/quit\r');
    expect(await person.end()).toMatchObject({ status: 0 });
  });

  it('an editor of the caller gets the line, and the terminal comes back', async () => {
    const id = await startAgent();
    const person = await chatting(id, { EDITOR: 'sh -c \'echo "echo edited" > "$1"\' editor' });
    await person.type('draft\x07');
    await person.sees('› echo edited');
    await person.type('\r');
    await person.sees('\r\nedited\r\n');
    await person.type('\x04');
    await person.end();
  });

  it('obeys slash commands, and hands over those it does not know', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('/models\r');
    await person.sees('- fake/large');
    await person.type('/model large\r');
    await person.sees('model: fake/large');
    await person.type('/thinking high\r');
    await person.sees('thinking: high');
    await person.type('/thinking loud\r');
    await person.sees('it is none of off, low, high');
    await person.type('/stats\r');
    await person.sees('tokens: ');
    await person.type('/unknown words\r');
    await person.sees('You said: /unknown words');
    await person.type('/compact\r');
    await person.sees('summed up');
    await person.type('/quit\r');
    expect(await person.end()).toMatchObject({ status: 0 });
    expect(await stateOf(id)).toMatchObject({ model: { id: 'large' }, thinkingLevel: 'high' });
  });

  it('tells why a provider failed, and that the agent died and is back', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('fail 503\r');
    await person.sees('answered with status 503');
    await person.type('crash\r');
    await person.sees('what it worked on was interrupted');
    await person.sees('the agent runs again');
    await person.type('echo well\r');
    await person.sees('\r\nwell\r\n');
    await person.type('\x04');
    await person.sees('over\r\n');
  });

  it('lets nothing that an agent says act on the terminal', async () => {
    const id = await startAgent();
    await stage.client.request('prompt', { sessionId: id, message: 'echo a\x1b[2J\x1b]52;c;AAAA\x07b\x9b31mc' });
    const person = await chatting(id);
    await person.type('\x04');
    const { screen } = await person.end();
    expect(screen).toContain('ab\u{fffd}31mc');
    for (const sequence of ['\x1b[2J', '\x1b]52', '\x9b']) expect(screen).not.toContain(sequence);
  });

  it('pasted lines send nothing before Enter does', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('\x1b[200~echo one\ntwo\x1b[201~');
    await person.sees('  two');
    expect(await stateOf(id)).toMatchObject({ state: 'idle', messageCount: 0 });
    await person.type('\r');
    await person.sees('\r\none\r\ntwo\r\n');
    await person.type('\x04');
    await person.end();
  });

  it('fits the window, and what follows fits a new one', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await stage.client.request('resize', { sessionId: person.sessionId, cols: 20, rows: 10 });
    await person.type('echo these words do not fit into one row\r');
    await person.sees('\r\nthese words do not\r\nfit into one row\r\n');
    await person.type('\x04');
    await person.end();
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s leaves the terminal as it was, and the agent at work', async (signal, status) => {
    const id = await startAgent();
    const person = await chatting(id);
    await person.type('hang\r');
    await person.sees('❯ hang');
    person.signal(signal);
    const ended = await person.end();
    expect(ended.status).toBe(status);
    expect(ended.screen).toContain('\x1b[?2004l');
    expect(await stateOf(id)).toMatchObject({ state: 'running' });
    await stage.client.request('abort', { sessionId: id });
  });

  it('ends with the session', async () => {
    const id = await startAgent();
    const person = await chatting(id);
    await stage.client.request('terminate', { sessionId: id });
    const { screen, status } = await person.end();
    expect(status).toBe(0);
    expect(screen).toContain('the session is over');
  });

  it('is what attach makes of an agent', async () => {
    const id = await startAgent();
    const person = await starting(['attach', id]);
    await person.sees('idle');
    await person.type('echo attached\r');
    await person.sees('\r\nattached\r\n');
    await person.type('\x04');
    await person.end();
  });

  it('goes on with a session whose daemon was killed and started again, and shows what was said before', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'sessionctl-chat-'));
    const first = await startDaemon({ flags: ['--agent-backends', 'fake'], stateDir });
    const elsewhere = await connect({ socketPath: first.socketPath });
    const id = await startAgent(elsewhere);
    await elsewhere.request('prompt', { sessionId: id, message: 'echo before' });
    const person = await starting(['agent', 'chat', id, '--socket', first.socketPath]);
    await person.sees('idle');
    await first.kill();
    await person.sees('connection lost, reconnecting');
    const flags = ['--agent-backends', 'fake', '--socket', first.socketPath];
    const second = await startDaemon({ flags, stateDir });
    await person.sees('the agent had ended with an earlier run of the daemon, and was taken up again');
    await person.type('echo after\r');
    await person.sees('\r\nafter\r\n');
    await person.type('\x04');
    expect(await person.end()).toMatchObject({ status: 0 });
    await second.kill();
    const third = await startDaemon({ flags, stateDir });
    const again = await starting(['agent', 'chat', id, '--socket', first.socketPath]);
    await again.sees('❯ echo before\r\n\r\nbefore\r\n');
    await again.type('\x04');
    await again.end();
    await elsewhere.close();
    await third.stop();
    await second.stop();
    await first.stop();
    rmSync(stateDir, { recursive: true });
  });

  it('goes on with a session whose daemon was stopped in good order and started again', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'sessionctl-chat-'));
    const first = await startDaemon({ flags: ['--agent-backends', 'fake'], stateDir });
    const elsewhere = await connect({ socketPath: first.socketPath });
    const id = await startAgent(elsewhere);
    await elsewhere.request('prompt', { sessionId: id, message: 'echo before' });
    const person = await starting(['agent', 'chat', id, '--socket', first.socketPath]);
    await person.sees('idle');
    first.signal('SIGTERM');
    await first.ended;
    await person.sees('connection lost, reconnecting');
    const flags = ['--agent-backends', 'fake', '--socket', first.socketPath];
    const second = await startDaemon({ flags, stateDir });
    await person.sees('the agent had ended with an earlier run of the daemon, and was taken up again');
    await person.type('echo after\r');
    await person.sees('\r\nafter\r\n');
    await person.type('\x04');
    const { screen, status } = await person.end();
    expect(status).toBe(0);
    expect(screen).toContain('the daemon is ending, and the agent with it');
    expect(screen).not.toContain('the session is over');
    await elsewhere.close();
    await second.stop();
    await first.stop();
    rmSync(stateDir, { recursive: true });
  });

  it('says that the connection is lost, and ends with 66 when the session is gone with the daemon', async () => {
    const other = await startDaemon({ flags: ['--agent-backends', 'fake'] });
    const elsewhere = await connect({ socketPath: other.socketPath, reconnect: false });
    const id = await startAgent(elsewhere);
    const person = await starting(['agent', 'chat', id, '--socket', other.socketPath]);
    await person.sees('idle');
    await other.kill();
    await person.sees('connection lost, reconnecting');
    const again = await startDaemon({ flags: ['--socket', other.socketPath] });
    expect(await person.end()).toMatchObject({ status: 66 });
    await elsewhere.close();
    await again.stop();
    await other.stop();
  });
});
