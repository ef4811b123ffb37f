import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartedDaemons, startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runCli } from './sessionctl.ts';

interface Found {
  readonly check: string;
  readonly verdict: string;
  readonly message: string;
  readonly remedy?: string;
}

let folder: string;
let daemon: TestDaemon;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  daemon = await startDaemon();
});
afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

const others = new StartedDaemons();
afterEach(() => others.stop());

function doctor(
  { socketPath, stateDir }: Pick<TestDaemon, 'socketPath' | 'stateDir'>,
  ...args: string[]
): Promise<Ended> {
  return runCli(['doctor', '--socket', socketPath, ...args], { env: { SESSIOND_STATE_DIR: stateDir } });
}

/** What is wrong, by the name of the check. */
async function troubles(of: TestDaemon, ...args: string[]): Promise<Record<string, string>> {
  const { stdout, code, stderr } = await doctor(of, '--json', ...args);
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Found[] };
  const wrong = findings.filter(({ verdict }) => verdict === 'trouble');
  expect(code).toBe(wrong.length === 0 ? 0 : 1);
  return Object.fromEntries(wrong.map(({ check, message }) => [check, message]));
}

describe('where all is well', () => {
  it('says so in one line, and leaves no session behind', async () => {
    const { stdout, code, stderr } = await doctor(daemon);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Nothing is wrong here.*: \d+ checks found all well, \d+ did not apply\.\n$/);
    expect((await runCli(['ls', '--socket', daemon.socketPath, '--json'])).stdout).toBe('[]\n');
  });

  it('tells all it looked at when asked, from the socket to a session', async () => {
    const { stdout } = await doctor(daemon, '--verbose');
    expect(stdout).toContain(`socket: ${daemon.socketPath} leads to process ${daemon.pid} and is closed to others.`);
    expect(stdout).toContain(`token: The token in ${daemon.stateDir}/token is for this user only.`);
    expect(stdout).toMatch(/^ok +session: A session was started, its output read and removed again in \d+ ms\.$/m);
    expect(stdout).toMatch(/^ok +open files: The daemon may have \d+ descriptors/m);
  });

  it('starts no session when told not to, and finds a daemon by its URL', async () => {
    expect((await doctor(daemon, '--verbose', '--no-session')).stdout).toMatch(/^skipped +session: .*--no-session/m);
    const { stdout, code } = await runCli(['doctor', '--url', daemon.url, '--verbose'], {
      env: { SESSIOND_TOKEN: daemon.token },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +tcp: The daemon answers at /m);
  });
});

describe('finds', () => {
  it('that there is no daemon', async () => {
    const { stdout, code } = await doctor({ socketPath: join(folder, 'none.sock'), stateDir: join(folder, 'none') });
    expect(code).toBe(1);
    expect(stdout).toContain('trouble  socket: There is no socket at');
    expect(stdout).toContain('Start a daemon with "sessiond"');
    expect(stdout).toMatch(/^Found 1 trouble/m);
  });

  it('a socket that a killed daemon has left', async () => {
    const dead = await others.start();
    await dead.kill();
    expect((await troubles(dead))['socket']).toBe(
      `${dead.socketPath} is left over from a daemon that is gone (process ${dead.pid}).`,
    );
  });

  it('files that are open to others', async () => {
    const open = await others.start();
    chmodSync(join(open.stateDir, 'token'), 0o644);
    chmodSync(open.socketPath, 0o666);
    chmodSync(open.stateDir, 0o777);
    expect(Object.keys(await troubles(open)).sort()).toEqual(['socket', 'state folder', 'token']);
  });

  it('a daemon that cannot start programs', async () => {
    const lost = await others.start({ env: { PATH: '/nonexistent' } });
    expect((await troubles(lost))['session']).toMatch(/^Cannot start a program: /);
    expect(await troubles(lost, '--no-session')).toEqual({});
  });

  it('a token that is not the one of the daemon', async () => {
    const { stdout, code } = await runCli(['doctor', '--url', daemon.url, '--token', 'of-somebody-else-entirely']);
    expect(code).toBe(1);
    expect(stdout).toContain('trouble  daemon: Cannot connect to');
    expect(stdout).not.toContain('of-somebody-else');
  });

  it('a daemon that hangs', async () => {
    const hung = await others.start();
    hung.signal('SIGSTOP');
    try {
      expect((await troubles(hung))['daemon']).toContain('no greeting within');
    } finally {
      hung.signal('SIGCONT');
    }
  });
});
