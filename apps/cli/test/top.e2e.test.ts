import { isClientError } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import { startDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from './person.ts';
import { runCli } from './sessionctl.ts';
import { shareStage } from './shared-stage.ts';

const stage = shareStage();

const ENTERED = '\x1b[?1049h\x1b[?25l\x1b[?7l';
/** Colours off, wrapping and cursor on, and last the screen as it was. */
const LEFT = '\x1b[m\x1b[?25h\x1b[?7h\x1b[?1049l';

function starting(
  args: readonly string[] = [],
  { socketPath = stage.socketPath, env = {} }: { socketPath?: string; env?: Record<string, string> } = {},
): Promise<Person> {
  return Person.starting({ client: stage.client, socketPath }, ['top', ...args], { NO_COLOR: '1', ...env });
}

async function startProgram(sessionId: string, script: string): Promise<void> {
  await stage.client.request('create_session', {
    kind: 'pty',
    sessionId,
    pty: { command: 'sh', args: ['-c', script] },
  });
}

describe('without a terminal', () => {
  beforeAll(async () => {
    await startProgram('flood', 'exec yes');
    await startProgram('quiet', 'echo once; exec sleep 600');
  });
  afterAll(async () => {
    for (const sessionId of ['flood', 'quiet'])
      await stage.client.request('delete_session', { sessionId, gracePeriodMs: 0 });
  });

  it('prints a table once, with the one that writes most first', async () => {
    const { stdout, code, stderr } = await runCli(['top', '--socket', stage.socketPath, '--interval', '300']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^sessiond \S+ (?:ok|degraded), up for .* {3}2 sessions {3}\d connections$/);
    expect(lines[1]).toMatch(
      /^loop delay p50 [\d.]+ ms, p99 [\d.]+ ms {3}processor [\d.]+ % {3}memory \d+ MiB {3}[\d.]+ commands\/s$/,
    );
    expect(lines[2]).toMatch(/^output [\d.]+ [KM]iB\/s {3}dropped .* {3}buffers .* of 8\.0 MiB$/);
    const rows = lines.filter((line) => /^(ID|flood|quiet) /.test(line));
    expect(rows[0]).toMatch(/^ID +NAME +OWNER +STATE +ATTACHED +RATE +TOTAL +BUFFER +DROPPED +IDLE +PID$/);
    expect(rows[1]).toMatch(/^flood +- +\S+ +active +0 +[\d.]+ [KM]iB\/s /);
    expect(rows[2]).toMatch(/^quiet +- +\S+ +active +0 +0 B\/s +6 B +0 % +0 B +[\d.]+ \S+.* \d+$/);
  });

  it('prints the same as JSON, with rates in bytes per second', async () => {
    const { stdout } = await runCli(['top', '--socket', stage.socketPath, '--interval', '300', '--json']);
    const { sessions, ...overview } = JSON.parse(stdout);
    expect(overview).toMatchObject({
      status: expect.any(String),
      unrest: expect.any(Array),
      connections: expect.any(Number),
    });
    const [flood, quiet] = ['flood', 'quiet'].map((id) =>
      sessions.find(({ sessionId }: { sessionId: string }) => sessionId === id),
    );
    expect(quiet).toMatchObject({ bytesPerSecond: 0, totalBytes: 6, state: 'active' });
    expect(flood.bytesPerSecond).toBeGreaterThan(10_000);
    // All of the flood is output of the daemon, and both are of the same moment but for the answer between.
    expect(overview.outputBytesPerSecond).toBeGreaterThan(flood.bytesPerSecond / 4);
    expect(overview.outputBytesPerSecond).toBeLessThan(flood.bytesPerSecond * 4);
  });

  it('does not look more often than a daemon can bear', async () => {
    const { code, stderr } = await runCli(['top', '--socket', stage.socketPath, '--interval', '249']);
    expect(code).toBe(2);
    expect(stderr).toContain('at least 250');
  });
});

describe('at a terminal', () => {
  it('takes the whole screen, and gives it back on q', async () => {
    const person = await starting();
    await person.sees('q quits');
    await person.type('q');
    const { screen, status } = await person.end();
    expect(status).toBe(0);
    expect(screen.startsWith(ENTERED)).toBe(true);
    expect(screen.endsWith(LEFT)).toBe(true);
  });

  it('looks again and again, and writes only what has changed', async () => {
    const person = await starting(['--interval', '250']);
    await person.sees('q quits');
    await startProgram('appearing', 'exec sleep 600');
    await person.sees('appearing');
    await stage.client.request('delete_session', { sessionId: 'appearing', gracePeriodMs: 0 });
    await person.type('q');
    const { screen } = await person.end();
    expect(screen.match(/q quits/g)).toHaveLength(1);
  });

  it('fits itself to a window that changes', async () => {
    const person = await starting();
    await person.sees('\x1b[24;1Hq quits');
    await stage.client.request('resize', { sessionId: person.sessionId, cols: 30, rows: 40 });
    await person.sees('\x1b[40;1Hq quits   sort: r rate, n nam…');
    await person.type('q');
    await person.end();
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('gives the screen back on %s', async (signal, expected) => {
    const person = await starting();
    await person.sees('q quits');
    person.signal(signal);
    const { screen, status } = await person.end();
    expect(status).toBe(expected);
    expect(screen.endsWith(LEFT)).toBe(true);
  });

  it('ends on Ctrl-C as on SIGINT', async () => {
    const person = await starting();
    await person.sees('q quits');
    await person.type('\x03');
    expect(await person.end()).toMatchObject({ status: 130 });
  });

  it('gives the screen back before it tells of a defect', async () => {
    const source = 'process.on("SIGUSR2",()=>{throw new Error("a defect")})';
    const importing = `--import data:text/javascript;base64,${Buffer.from(source).toString('base64')}`;
    const person = await starting([], { env: { NODE_OPTIONS: importing } });
    await person.sees('q quits');
    person.signal('SIGUSR2');
    const { screen, status } = await person.end();
    expect(status).toBe(70);
    expect(screen).toContain(`${LEFT}sessionctl: defect: Error: a defect`);
  });

  it('uses colours where they are wanted', async () => {
    const person = await starting([], { env: { NO_COLOR: '' } });
    // The end of a colour, whatever the state of the daemon.
    await person.sees('\x1b[39m');
    await person.type('q');
    await person.end();
  });

  it('survives a daemon that is killed and started again', async () => {
    const other = await startDaemon();
    const person = await starting(['--interval', '250'], { socketPath: other.socketPath });
    await person.sees('q quits');
    await other.kill();
    await person.sees('connection lost, reconnecting');
    const again = await startDaemon({ flags: ['--socket', other.socketPath] });
    const there = await connect({ socketPath: again.socketPath });
    await there.request('create_session', {
      kind: 'pty',
      sessionId: 'after-the-restart',
      pty: { command: 'sh', args: ['-c', 'exec sleep 600'] },
    });
    await person.sees('after-the-restart');
    await person.type('q');
    expect(await person.end()).toMatchObject({ status: 0 });
    await there.close();
    await again.stop();
    await other.stop();
  });

  it('says how long a daemon has not answered, and can be left then', async () => {
    const other = await startDaemon();
    const person = await starting(['--interval', '250'], { socketPath: other.socketPath });
    await person.sees('q quits');
    other.signal('SIGSTOP');
    await person.sees('no answer for 2 s');
    await person.type('q');
    expect(await person.end()).toMatchObject({ status: 0 });
    other.signal('SIGCONT');
    await other.stop();
  });

  it('draws one command per look on the budget, and waits when there is none left', async () => {
    const other = await startDaemon({ flags: ['--control-commands-per-minute', '12'] });
    const person = await starting(['--interval', '250'], { socketPath: other.socketPath });
    await person.sees('refused with RATE_LIMITED; looking again in ');
    const there = await connect({ socketPath: other.socketPath });
    const { metrics } = await there.request('get_metrics');
    const granted = metrics.find(
      ({ name, labels }) =>
        name === 'sessiond.limiter.requests' && labels['limiter'] === 'control' && labels['decision'] === 'granted',
    );
    expect(granted?.value).toBe(12);
    expect(isClientError(await there.request('list_sessions').catch((error) => error), 'RATE_LIMITED')).toBe(true);
    await person.type('q');
    expect(await person.end()).toMatchObject({ status: 0 });
    await there.close();
    await other.stop();
  });

  it('says on the usual screen that there is no daemon', async () => {
    const person = await starting([], { socketPath: '/nonexistent.sock' });
    const { screen, status } = await person.end();
    expect(status).toBe(69);
    expect(screen).not.toContain(ENTERED);
  });
});
