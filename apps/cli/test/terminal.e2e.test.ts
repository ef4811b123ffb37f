import { connect } from '@sessiond/client/node';
import { startDaemon } from '@sessiond/testkit';
import { describe, expect, it } from 'vitest';
import { Person } from './person.ts';
import { SESSIONCTL } from './sessionctl.ts';
import { shareStage } from './shared-stage.ts';

const stage = shareStage();

let names = 0;
async function startSession(script: string, size = { cols: 80, rows: 24 }): Promise<string> {
  names += 1;
  const sessionId = `inner-${names}`;
  const pty = { command: 'sh', args: ['-c', script], ...size };
  await stage.client.request('create_session', { kind: 'pty', sessionId, pty });
  return sessionId;
}

function starting(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Person> {
  return Person.starting(stage, args, env);
}

/** Switches on what full-screen programs switch on, then waits. */
const FULL_SCREEN =
  'printf "\\033[?1049h\\033[?1000h\\033[?25lfull screen"; read line; echo "got $line"; exec sleep 60';
const SWITCHED_OFF = '\x1b[m\x1b[?1000l\x1b[?25h\x1b[?1049l';

describe('at a terminal', () => {
  it('run shows the program, passes keys on and ends with its status', async () => {
    const person = await starting(['run', '--', 'sh', '-c', 'stty -echo; echo ask; read a; echo "got $a"; exit 3']);
    await person.sees('ask');
    await person.type('word\r');
    const { screen, status } = await person.end();
    expect(status).toBe(3);
    expect(screen).toContain('got word\r\n');
  });

  it('output is shown as it is, bare line feeds included', async () => {
    const person = await starting(['run', '--', 'sh', '-c', 'stty -opost; printf "a\\nb\\r\\nc"']);
    expect((await person.end()).screen).toBe('a\nb\r\nc\x1b[m');
  });

  it('Ctrl-C goes to the program, not to sessionctl', async () => {
    const person = await starting([
      'run',
      '--',
      'sh',
      '-c',
      'trap "echo caught; exit 7" INT; echo on; while :; do sleep 0.05; done',
    ]);
    await person.sees('on\r\n');
    await person.type('\x03');
    expect(await person.end()).toMatchObject({ status: 7 });
  });

  it('the default keys detach, and the session goes on', async () => {
    const sessionId = await startSession(FULL_SCREEN);
    const person = await starting(['attach', sessionId]);
    await person.sees('full screen');
    await person.type('\x1d');
    await person.type('d');
    const { screen, status } = await person.end();
    expect(status).toBe(0);
    expect(screen).toContain(`${SWITCHED_OFF}sessionctl: detached from ${sessionId}`);
    const session = await stage.client.request('get_state', { sessionId });
    expect(session).toMatchObject({ state: 'active', attached: 0 });
  });

  it('other keys detach when they are asked for, and the default ones do not', async () => {
    const sessionId = await startSession(FULL_SCREEN);
    const person = await starting(['attach', sessionId, '--detach-keys', 'ctrl-p,ctrl-q']);
    await person.sees('full screen');
    await person.type('\x1dd\r');
    await person.sees('got \x1dd');
    await person.type('\x10\x11');
    expect(await person.end()).toMatchObject({ status: 0 });
  });

  it('Ctrl-C ends a loop of the shell, too, and not only what runs in it', async () => {
    const sessionId = await startSession('exec sleep 60');
    const shell = await startSession('exec bash --norc -i');
    const type = (data: string): Promise<unknown> => stage.client.request('input', { sessionId: shell, data });
    const sees = (text: string): Promise<unknown> =>
      stage.client.request('wait_for', { sessionId: shell, text, timeoutMs: 10_000 });
    const wait = `SESSIOND_SOCKET=${stage.socketPath} ${process.execPath} ${SESSIONCTL} wait ${sessionId} --exit`;
    await type(`for round in 1 2; do echo "round-$round"; ${wait}; done; echo "stat""us $?"\r`);
    await sees('round-1\r\n');
    await stage.client.request('wait_for', { sessionId: shell, idleMs: 1_000, timeoutMs: 10_000 });
    await type('\x03');
    await type('echo "stat""us $?"\r');
    await sees('status 130');
    const { dataBase64 } = await stage.client.request('read_output', { sessionId: shell });
    expect(Buffer.from(dataBase64, 'base64').toString()).not.toContain('round-2\r\n');
    await stage.client.request('delete_session', { sessionId: shell, gracePeriodMs: 0 });
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const)('%s restores the terminal and leaves the session running', async (signal, status) => {
    const sessionId = await startSession(FULL_SCREEN);
    const person = await starting(['attach', sessionId]);
    await person.sees('full screen');
    person.signal(signal);
    const ended = await person.end();
    expect(ended.status).toBe(status);
    expect(ended.screen.endsWith(SWITCHED_OFF)).toBe(true);
    expect(await stage.client.request('get_state', { sessionId })).toMatchObject({ state: 'active' });
  });

  it.each([
    ['an exception', 'throw new Error("a defect")'],
    ['a rejection', 'Promise.reject(new Error("a defect"))'],
  ])('%s nobody handles restores the terminal and is told', async (_, act) => {
    const sessionId = await startSession(FULL_SCREEN);
    const source = `process.on("SIGUSR2",()=>{${act}})`;
    const importing = `--import data:text/javascript;base64,${Buffer.from(source).toString('base64')}`;
    const person = await starting(['attach', sessionId], { NODE_OPTIONS: importing });
    await person.sees('full screen');
    person.signal('SIGUSR2');
    const { screen, status } = await person.end();
    expect(status).toBe(70);
    expect(screen).toContain(`${SWITCHED_OFF}sessionctl: defect: Error: a defect`);
  });

  it('the size of the session is that of the window, from the start and when it changes', async () => {
    const sessionId = await startSession('trap "stty size" WINCH; stty size; while :; do sleep 0.05; done', {
      cols: 50,
      rows: 10,
    });
    await stage.client.request('wait_for', { sessionId, text: '10 50' });
    const person = await starting(['attach', sessionId]);
    await person.sees('24 80');
    await stage.client.request('resize', { sessionId: person.sessionId, cols: 91, rows: 33 });
    await person.sees('33 91');
    await person.type('\x1dd');
    await person.end();
  });

  it('a program that was drawn for this size already is made to draw itself again', async () => {
    const sessionId = await startSession('trap "echo drawn" WINCH; echo up; while :; do sleep 0.05; done');
    await stage.client.request('wait_for', { sessionId, text: 'up' });
    const person = await starting(['attach', sessionId]);
    await person.sees('drawn');
    await stage.client.request('wait_for', { sessionId, idleMs: 200 });
    expect(await stage.client.request('get_state', { sessionId })).toMatchObject({ cols: 80, rows: 24 });
    await person.type('\x1dd');
    await person.end();
  });

  it('questions in past output are not asked again, those in new output are', async () => {
    const sessionId = await startSession(
      'printf "past\\033[6n\\n"; read x; printf "present\\033[6n\\n"; exec sleep 60',
    );
    await stage.client.request('wait_for', { sessionId, text: '\x1b[6n' });
    const person = await starting(['attach', sessionId]);
    await person.sees('past');
    expect(await person.screen()).not.toContain('\x1b[6n');
    await person.type('\r');
    await person.sees('present\x1b[6n');
    await person.type('\x1dd');
    await person.end();
  });

  it('an observer sees everything, types nothing and can leave', async () => {
    const sessionId = await startSession(FULL_SCREEN);
    const person = await starting(['attach', sessionId, '--observe']);
    await person.sees('full screen');
    await person.type('typed\r');
    await person.sees('\x07');
    await person.type('\x1dd');
    expect(await person.end()).toMatchObject({ status: 0 });
    const { totalWritten } = await stage.client.request('get_buffer_stats', { sessionId });
    expect(totalWritten).toBe(33);
  });

  it('a session that ends elsewhere ends the attachment with its status', async () => {
    const sessionId = await startSession(FULL_SCREEN);
    const person = await starting(['attach', sessionId]);
    await person.sees('full screen');
    await stage.client.request('terminate', { sessionId, gracePeriodMs: 0 });
    const { screen, status } = await person.end();
    expect(status).toBe(137);
    expect(screen.endsWith(SWITCHED_OFF)).toBe(true);
  });
});

describe('when the daemon goes away', () => {
  it('the keys still detach', async () => {
    const other = await startDaemon();
    const person = await starting(['run', '--socket', other.socketPath, '--', 'sh', '-c', FULL_SCREEN]);
    await person.sees('full screen');
    await other.kill();
    await person.sees('reconnecting');
    await person.type('\x1dd');
    expect(await person.end()).toMatchObject({ status: 0 });
    await other.stop();
  });

  it('in order, the session ends with it, and so does the attachment', async () => {
    const other = await startDaemon();
    const person = await starting(['run', '--socket', other.socketPath, '--', 'sh', '-c', FULL_SCREEN]);
    await person.sees('full screen');
    await other.stop();
    const { screen, status } = await person.end();
    expect(status).toBeGreaterThan(128);
    expect(screen).not.toContain('reconnecting');
  });

  it('says so, and ends with 66 when it comes back without the session', async () => {
    const other = await startDaemon();
    const elsewhere = await connect({ socketPath: other.socketPath, reconnect: false });
    await elsewhere.request('create_session', {
      kind: 'pty',
      sessionId: 'doomed',
      pty: { command: 'sh', args: ['-c', FULL_SCREEN] },
    });
    const person = await starting(['attach', 'doomed', '--socket', other.socketPath]);
    await person.sees('full screen');
    await other.kill();
    await person.sees('[sessionctl: connection lost, reconnecting]');
    const again = await startDaemon({ flags: ['--socket', other.socketPath] });
    const { screen, status } = await person.end();
    expect(status).toBe(66);
    expect(screen).toContain(SWITCHED_OFF);
    await elsewhere.close();
    await again.stop();
    await other.stop();
  });
});
