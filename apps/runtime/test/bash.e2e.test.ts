import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type ProcessId, sessionMembers, startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

type Message = Record<string, unknown>;

/** Goes on when it is asked to end, and so do its jobs, one of which has a group of its own. */
const STUBBORN = `trap '' TERM HUP; set -m; (trap '' TERM HUP; exec sleep 300) & echo ready; while :; do sleep 300; done`;

/** For every test that does not need a daemon of its own. */
const shared = shareDaemon({ flags: ['--no-tcp'] });

let dir: string;
let daemon: TestDaemon;
const own: TestDaemon[] = [];
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'sessiond-bash-')));
  daemon = shared.daemon;
});
afterEach(async () => {
  for (const each of own.splice(0)) expect(await each.stop()).toMatchObject({ leftover: [] });
  daemon = shared.daemon;
  const client = await connect();
  const { sessions } = (await client.ask('list_sessions')) as { sessions: { sessionId: string }[] };
  for (const { sessionId } of sessions) await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
  rmSync(dir, { recursive: true });
});

/** Lets the test have a daemon of its own. */
async function start(...flags: string[]): Promise<void> {
  daemon = await startDaemon({ flags: ['--no-tcp', ...flags], stateDir: join(dir, 'state') });
  own.push(daemon);
}

function connect(): Promise<TerminalClient> {
  return shared.connect({ socketPath: daemon.socketPath });
}

/** A session that does nothing, with an environment of its own. */
async function session(client: TerminalClient, sessionId = 's'): Promise<string> {
  await client.ask('create_session', {
    kind: 'pty',
    sessionId,
    cwd: dir,
    env: { COLOUR: 'green' },
    pty: { command: 'sleep', args: ['300'] },
  });
  return sessionId;
}

function bash(client: TerminalClient, command: string, fields: Message = {}): Promise<Message> {
  return client.command('bash', { sessionId: 's', command, ...fields });
}

/** What came as events. */
function told(client: TerminalClient, stream?: string): string {
  const bytes = client.eventsOf('bash.output').flatMap(({ event }) => {
    const piece = event as { stream: string; data?: string; dataBase64?: string };
    if (stream !== undefined && piece.stream !== stream) return [];
    return [piece.data === undefined ? Buffer.from(piece.dataBase64!, 'base64') : Buffer.from(piece.data)];
  });
  return Buffer.concat(bytes).toString();
}

/** Resolves when no output is read from any shell any more. @returns how much was. */
async function untilUnread(client: TerminalClient): Promise<number> {
  let before = -1;
  const stands = async (): Promise<boolean> => {
    const last = before;
    const { metrics } = (await client.ask('get_metrics')) as { metrics: { name: string; value: number }[] };
    before = metrics.find(({ name }) => name === 'sessiond.bash.output')!.value;
    return before === last;
  };
  await expect.poll(stands, { interval: 200 }).toBe(true);
  return before;
}

/** The processes of the shell that was started last, once it says that it is ready. */
async function stubborn(client: TerminalClient): Promise<{ pid: number; members: readonly ProcessId[] }> {
  await client.until(() => told(client).includes('ready'));
  const { pid } = client.eventsOf('bash.started').at(-1)!['event'] as { pid: number };
  // A job takes a group of its own a moment after it was forked.
  const groups = (): number => new Set(sessionMembers(pid).map(({ groupId }) => groupId)).size;
  await expect.poll(groups).toBe(3);
  const members = sessionMembers(pid);
  return { pid, members };
}

describe('a bash command', () => {
  it("[S33] runs in the session's working directory and environment, and tells stdout from stderr", async () => {
    const client = await connect();
    await session(client);
    const answer = await bash(client, 'pwd; echo $COLOUR $TERM >&2; cat; tty; echo $HOME');
    expect(answer).toMatchObject({
      success: true,
      sessionVersion: 2,
      data: { sessionId: 's', exitCode: 0, signal: null, start: 0, truncated: false },
    });
    expect(told(client, 'stdout')).toMatch(new RegExp(`^${dir}\nnot a tty\n/.*\n$`));
    expect(told(client, 'stderr')).toBe('green xterm-256color\n');
    const { output, totalBytes } = answer['data'] as { output: string; totalBytes: number };
    expect(totalBytes).toBe(Buffer.byteLength(output));
    expect(output.length).toBe(told(client).length);
  });

  it('[S34] answers a status other than 0 as a success', async () => {
    const client = await connect();
    await session(client);
    expect(await bash(client, 'exit 3')).toMatchObject({
      success: true,
      data: { exitCode: 3, signal: null, output: '' },
    });
    expect(await bash(client, 'no-such-program')).toMatchObject({ success: true, data: { exitCode: 127 } });
  });

  it('[S33] tells death by a signal as that, and what the answer lacks of the output', async () => {
    const client = await connect();
    await session(client);
    expect(await bash(client, 'kill -SEGV $$')).toMatchObject({
      success: true,
      data: { exitCode: null, signal: 'SIGSEGV' },
    });
    const answer = await bash(client, 'seq 1 20000', { maxOutputBytes: 12 });
    expect(answer['data']).toMatchObject({
      output: '19999\n20000\n',
      totalBytes: 108_894,
      start: 108_882,
      truncated: true,
    });
    expect(told(client).split('\n').length).toBe(20_001);
  });

  it('tells what it does as events with offsets without holes, to the issuer before the answer and to followers', async () => {
    const [client, follower, stranger] = [await connect(), await connect(), await connect()];
    await session(client);
    await follower.ask('switch_session', { sessionId: 's' });
    await client.ask('switch_session', { sessionId: 's' });
    const line = 'echo ä; until [ -e go ]; do sleep 0.01; done; printf "\\xff\\xe4"; exit 1';
    const running = bash(client, line, { id: 'one' });
    await client.until(() => client.eventsOf('bash.output').length > 0);
    writeFileSync(join(dir, 'go'), '');
    await running;
    const types = client.events
      .map(({ event }) => (event as Message)['type'])
      .filter((type) => /^bash/.test(String(type)));
    expect(types[0]).toBe('bash.started');
    expect(types.at(-1)).toBe('bash.finished');
    let offset = 0;
    for (const { event, correlationId } of client.eventsOf('bash.output') as {
      event: Message;
      correlationId: string;
    }[]) {
      expect(event['offset']).toBe(offset);
      expect(correlationId).toBe('one');
      offset += event['bytes'] as number;
    }
    expect(client.eventsOf('bash.output').map(({ event }) => (event as Message)['data'])).toContain('ä\n');
    expect(client.eventsOf('bash.finished')).toMatchObject([
      { event: { reason: 'exit', exitCode: 1, signal: null, totalBytes: offset } },
    ]);
    expect(offset).toBe(5);
    await follower.until(() => follower.eventsOf('bash.finished').length === 1);
    const about = (each: TerminalClient): Message[] =>
      each.events.filter(({ correlationId }) => correlationId === 'one');
    expect(about(follower).filter(({ event }) => /^bash/.test(String((event as Message)['type'])))).toEqual(
      about(client).filter(({ event }) => /^bash/.test(String((event as Message)['type']))),
    );
    expect(stranger.eventsOf('bash.output')).toEqual([]);
  });

  it('holds no terminal of the daemon', async () => {
    const client = await connect();
    await session(client);
    await session(client, 'other');
    await bash(client, 'readlink /proc/$$/fd/*');
    expect(told(client)).toContain('/dev/null');
    expect(told(client)).not.toMatch(/ptmx|pts|socket/);
  });

  it('is not read while its issuer does not read, and loses nothing', async () => {
    const client = await connect();
    await session(client);
    const bytes = 60_000_000;
    const answer = bash(client, `head -c ${bytes} /dev/zero | tr '\\0' x; echo done >&2`);
    await client.until(() => client.eventsOf('bash.output').length > 0);
    client.wire.ws.pause();
    const { pid } = client.eventsOf('bash.started')[0]!['event'] as { pid: number };
    const other = await connect();
    expect(await untilUnread(other)).toBeLessThan(bytes);
    expect(sessionMembers(pid).length).toBeGreaterThan(0);
    client.wire.ws.resume();
    expect(await answer).toMatchObject({ success: true, data: { exitCode: 0, totalBytes: bytes + 5 } });
    let offset = 0;
    for (const { event } of client.eventsOf('bash.output') as { event: { offset: number; bytes: number } }[]) {
      expect(event.offset).toBe(offset);
      offset += event.bytes;
    }
    expect(offset).toBe(bytes + 5);
  });

  it('tells a follower who does not read of its end, though not of all its output', async () => {
    const [client, follower] = [await connect(), await connect()];
    await session(client);
    await follower.ask('switch_session', { sessionId: 's' });
    follower.wire.ws.pause();
    expect(await bash(client, 'head -c 10000000 /dev/zero')).toMatchObject({ success: true });
    follower.wire.ws.resume();
    await follower.until(() => follower.eventsOf('bash.finished').length === 1);
    const bytes = (each: TerminalClient): number =>
      each.eventsOf('bash.output').reduce((sum, { event }) => sum + (event as { bytes: number }).bytes, 0);
    expect(bytes(client)).toBe(10_000_000);
    expect(bytes(follower)).toBeLessThan(10_000_000);
  });

  it('goes on when its issuer is gone, unless it was to end with it', async () => {
    const [first, second, follower] = [await connect(), await connect(), await connect()];
    await session(first);
    await session(first, 'other');
    await follower.ask('switch_session', { sessionId: 's' });
    await follower.ask('switch_session', { sessionId: 'other' });
    void bash(first, 'echo ready; sleep 0.5; touch went-on; exit 7');
    void bash(second, 'exec sleep 300', { sessionId: 'other', cancelOnDisconnect: true });
    await follower.until(() => follower.eventsOf('bash.started').length === 2);
    first.cut();
    second.cut();
    await follower.until(() => follower.eventsOf('bash.finished').length === 2);
    const endOf = (sessionId: string): unknown =>
      follower.eventsOf('bash.finished').find((message) => message['sessionId'] === sessionId)!['event'];
    expect(endOf('s')).toMatchObject({ reason: 'exit', exitCode: 7 });
    expect(endOf('other')).toMatchObject({ reason: 'aborted', signal: 'SIGTERM' });
  });

  it('does not wait for what it left behind, which is ended with the session', async () => {
    const client = await connect();
    await session(client);
    const answer = await bash(client, 'sleep 300 & setsid sleep 301 & echo $!');
    expect(answer).toMatchObject({ success: true, data: { exitCode: 0 } });
    const { pid } = client.eventsOf('bash.started')[0]!['event'] as { pid: number };
    const left = sessionMembers(pid);
    expect(left.length).toBe(1);
    process.kill(Number(told(client)), 'SIGKILL');
    await client.ask('delete_session', { sessionId: 's', gracePeriodMs: 0 });
    expect(left.filter(isAlive)).toEqual([]);
  });

  it('is refused when too many run, and when the line cannot be one', async () => {
    await start('--max-bash-commands', '1');
    const client = await connect();
    await session(client);
    await session(client, 'other');
    const running = bash(client, 'sleep 300', { sessionId: 'other' });
    await client.until(() => client.eventsOf('bash.started').length === 1);
    expect(await bash(client, 'true')).toMatchObject({ code: 'CAPACITY_EXCEEDED' });
    await client.ask('abort_bash', { sessionId: 'other' });
    await running;
    expect(await bash(client, 'true')).toMatchObject({ success: true });
    expect(await bash(client, 'a\0b')).toMatchObject({ code: 'INVALID_COMMAND', details: { field: 'command' } });
    expect(await bash(client, 'true', { sessionId: 'nobody' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});

describe('everything a bash command has started is gone', () => {
  it('[S25] after abort_bash, when both commands are answered', async () => {
    const client = await connect();
    await session(client);
    const running = bash(client, 'sleep 1000');
    await client.until(() => client.eventsOf('bash.started').length === 1);
    const { pid } = client.eventsOf('bash.started')[0]!['event'] as { pid: number };
    const [aborted, answer] = await Promise.all([client.ask('abort_bash', { sessionId: 's' }), running]);
    expect(aborted).toEqual({ sessionId: 's', aborted: true });
    expect(answer).toMatchObject({ code: 'CANCELLED', details: { exitCode: null, signal: 'SIGTERM', output: '' } });
    expect(sessionMembers(pid)).toEqual([]);
    expect(await client.ask('abort_bash', { sessionId: 's' })).toEqual({ sessionId: 's', aborted: false });
    expect(client.eventsOf('bash.finished')).toMatchObject([{ event: { reason: 'aborted' } }]);
  });

  it('also when the shell is the first to go', async () => {
    const client = await connect();
    await session(client);
    // The job holds no pipe and ignores what ends the shell.
    const job = `trap '' TERM HUP; exec sleep 300 </dev/null >/dev/null 2>&1`;
    const running = bash(client, `(${job}) & wait`);
    await client.until(() => client.eventsOf('bash.started').length === 1);
    const { pid } = client.eventsOf('bash.started')[0]!['event'] as { pid: number };
    const jobs = (): ProcessId[] =>
      sessionMembers(pid).filter((found) => readFileSync(`/proc/${found.pid}/comm`, 'utf8') === 'sleep\n');
    await expect.poll(() => jobs().length).toBe(1);
    const left = jobs();
    await client.ask('abort_bash', { sessionId: 's' });
    expect(left.filter(isAlive)).toEqual([]);
    expect(await running).toMatchObject({ code: 'CANCELLED', details: { signal: 'SIGTERM' } });
  });

  it('also when its issuer does not read, who is told how it ended', async () => {
    const [client, other] = [await connect(), await connect()];
    await session(client);
    const running = bash(client, 'yes');
    await client.until(() => client.eventsOf('bash.output').length > 0);
    client.wire.ws.pause();
    const { pid } = client.eventsOf('bash.started')[0]!['event'] as { pid: number };
    await untilUnread(other);
    expect(await other.ask('abort_bash', { sessionId: 's' })).toMatchObject({ aborted: true });
    expect(sessionMembers(pid)).toEqual([]);
    client.wire.ws.resume();
    expect(await running).toMatchObject({ code: 'CANCELLED', details: { exitCode: null, signal: 'SIGTERM' } });
  });

  it('after its deadline, which is answered with what it wrote', async () => {
    const client = await connect();
    await session(client);
    const running = bash(client, STUBBORN, { timeoutMs: 2_000 });
    const { members } = await stubborn(client);
    expect(await running).toMatchObject({
      success: false,
      code: 'TIMEOUT',
      timedOut: true,
      details: { output: 'ready\n', totalBytes: 6, truncated: false, exitCode: null, signal: 'SIGKILL' },
    });
    expect(members.filter(isAlive)).toEqual([]);
    expect(client.eventsOf('bash.finished')).toMatchObject([{ event: { reason: 'timeout' } }]);
    expect(await bash(client, 'echo next')).toMatchObject({ success: true, data: { output: 'next\n' } });
  });

  it('after the deadline that is configured', async () => {
    await start('--bash-timeout-ms', '300');
    const client = await connect();
    await session(client);
    expect(await bash(client, 'sleep 300')).toMatchObject({ code: 'TIMEOUT', details: { signal: 'SIGTERM' } });
  });

  it('after cancel_command', async () => {
    const client = await connect();
    await session(client);
    const running = bash(client, STUBBORN, { id: 'stubborn' });
    const { members } = await stubborn(client);
    await client.ask('cancel_command', { commandId: 'stubborn' });
    expect(await running).toMatchObject({ code: 'CANCELLED', details: { output: 'ready\n', signal: 'SIGKILL' } });
    expect(members.filter(isAlive)).toEqual([]);
  });

  it('with its session', async () => {
    const client = await connect();
    await session(client);
    const running = bash(client, STUBBORN);
    const { members } = await stubborn(client);
    await client.ask('delete_session', { sessionId: 's', gracePeriodMs: 0 });
    expect(members.filter(isAlive)).toEqual([]);
    expect(await running).toMatchObject({ code: 'CANCELLED' });
  });

  it('when the daemon is told to end', async () => {
    await start('--drain-ms', '300', '--grace-ms', '200');
    const client = await connect();
    await session(client);
    void bash(client, STUBBORN);
    const { members } = await stubborn(client);
    expect(await daemon.stop()).toMatchObject({ exitCode: 0, leftover: [] });
    own.length = 0;
    expect(members.filter(isAlive)).toEqual([]);
  });

  it('when the daemon was killed and starts again', async () => {
    await start();
    const client = await connect();
    await session(client);
    void bash(client, STUBBORN);
    const { members } = await stubborn(client);
    await daemon.kill();
    expect(members.filter(isAlive).length).toBeGreaterThan(0);
    // Deletes what the killed one has left in a folder of its own.
    await daemon.stop();
    own.length = 0;
    await start();
    const next = await connect();
    await next.until(() => next.eventsOf('orphans_reconciled').length === 1);
    expect(members.filter(isAlive)).toEqual([]);
  });
});

describe('the breaker before bash', () => {
  it('[S31] opens after so many timeouts of a session, for that session, and says so everywhere', async () => {
    await start('--bash-timeouts-per-session', '3', '--bash-pause-ms', '5000');
    const client = await connect();
    await session(client);
    await session(client, 'other');
    for (const command of ['exit 1', 'exit 1', 'exit 1', 'exit 1', 'kill -9 $$']) await bash(client, command);
    for (let count = 0; count < 3; count += 1) {
      expect(await bash(client, 'sleep 30', { timeoutMs: 100 })).toMatchObject({ code: 'TIMEOUT' });
    }
    expect(await bash(client, 'true')).toMatchObject({
      code: 'CIRCUIT_OPEN',
      details: { breaker: 'bash' },
      retryAfterMs: expect.any(Number),
    });
    expect(await bash(client, 'true', { sessionId: 'other' })).toMatchObject({ success: true });
    expect(client.eventsOf('breaker_changed')).toMatchObject([
      { sessionId: 's', event: { breaker: 'bash', scope: 'session', sessionId: 's', from: 'closed', to: 'open' } },
    ]);
    const health = (await client.ask('health_check')) as { checks: Message[] };
    expect(health.checks).toContainEqual(
      expect.objectContaining({
        name: 'breakers',
        status: 'degraded',
        message: expect.stringContaining('bash is open for 1'),
      }),
    );
    const { admission } = (await client.ask('get_metrics')) as { admission: { breakers: Message[] } };
    expect(admission.breakers).toContainEqual(expect.objectContaining({ name: 'bash', state: 'closed', openKeys: 1 }));
    await expect.poll(() => bash(client, 'true'), { interval: 200 }).toMatchObject({ success: true });
    expect(await bash(client, 'true')).toMatchObject({ success: true });
    expect(client.eventsOf('breaker_changed').map(({ event }) => (event as Message)['to'])).toEqual([
      'open',
      'halfOpen',
      'closed',
    ]);
  });
});
