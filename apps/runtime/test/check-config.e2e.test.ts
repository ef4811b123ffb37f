import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DaemonRun, runDaemon, startDaemon } from '@sessiond/testkit';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-check-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Runs `sessiond check-config` and returns its answer. */
function check(args: readonly string[], env: Record<string, string> = {}): Promise<DaemonRun> {
  return runDaemon(['check-config', ...args], { homeDir: dir, env });
}

describe('sessiond check-config', () => {
  it('says sentence by sentence that a daemon would start, and creates nothing', async () => {
    const { stdout, stderr, exitCode } = await check(['--port', '0']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toEqual([
      'ok       The options are valid: 1 are set, with no configuration file',
      `note     The state folder ${join(dir, '.local/state/sessiond')} does not exist; it is created at the start`,
      `ok       The file of named tokens has 0: ${join(dir, '.local/state/sessiond/tokens.json')}`,
      expect.stringContaining('ok       The socket is free: '),
      'ok       The address is free: 127.0.0.1:0',
    ]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('finds a running daemon where it would listen, which is no problem', async () => {
    const daemon = await startDaemon();
    const { port } = new URL(daemon.url);
    const args = ['--json', '--port', port, '--socket', daemon.socketPath, '--state-dir', daemon.stateDir];
    const { stdout, exitCode } = await check(args);
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { check: string; message: string }[] };
    expect([exitCode, ok]).toEqual([0, true]);
    for (const name of ['socket', 'port']) {
      expect(findings.find((finding) => finding.check === name)).toMatchObject({
        status: 'note',
        message: expect.stringContaining(`sessiond with pid ${daemon.pid}`),
      });
    }
    await daemon.stop();
  });

  it('finds a running daemon that speaks TLS, too', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const [certPath, keyPath] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
    writeFileSync(certPath, cert);
    writeFileSync(keyPath, key);
    const tls = ['--tls-cert', certPath, '--tls-key', keyPath];
    const daemon = await startDaemon({ flags: tls });
    const { port } = new URL(daemon.url);
    const { stdout, exitCode } = await check(['--port', port, ...tls]);
    expect(stdout).toContain(`ok       The certificate ${certPath} and its key can be used\n`);
    expect(stdout).toContain(`note     sessiond with pid ${daemon.pid} listens on 127.0.0.1:${port}`);
    expect(exitCode).toBe(0);
    writeFileSync(keyPath, 'no key');
    expect(await check(['--port', '0', ...tls])).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining('problem  Cannot use the TLS files'),
    });
    await daemon.stop();
  });

  it.each([
    [['--port', '70000'], 'Cannot use option port from the flag --port: found 70,000'],
    [['--host', '0.0.0.0', '--auth', 'none'], 'use --auth token, or --host 127.0.0.1'],
    [
      ['--port', '0', '--tls-cert', '/no/c.pem', '--tls-key', '/no/k.pem'],
      'Cannot use the TLS files /no/c.pem and /no/k.pem: ENOENT',
    ],
    [['--config', '/nowhere/c.json'], 'Cannot read the configuration file /nowhere/c.json: ENOENT'],
    [['--state-dir', '/etc/passwd/s'], 'The state folder /etc/passwd/s cannot be looked at: ENOTDIR; name another'],
    [['--socket', '/etc/passwd/s'], 'The socket /etc/passwd/s cannot be looked at: ENOTDIR'],
    [['--socket', `/tmp/${'x'.repeat(110)}`], 'the path needs 115 bytes, allowed are'],
    [['--audit-log', '/no/audit.log'], 'The audit log /no/audit.log cannot be created: /no does not exist'],
    [['--audit-log', '/dev'], 'The audit log /dev is no file'],
    [['--auth', 'module', '--auth-module', '/no/auth.js'], 'The authentication module cannot be read: /no/auth.js'],
  ])('names what is wrong with %j', async (args, sentence) => {
    const { stdout, exitCode } = await check(args);
    expect(exitCode).toBe(2);
    expect(stdout.split('\n')).toContainEqual(expect.stringMatching(/^problem {2}/));
    expect(stdout).toContain(sentence);
  });

  it('names a port that something else has, and a folder that others may write to, at once', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stateDir = join(dir, 'state');
    mkdirSync(stateDir);
    chmodSync(stateDir, 0o777);
    const { stdout, exitCode } = await check(['--port', String(port), '--state-dir', stateDir]);
    expect(exitCode).toBe(2);
    expect(stdout).toContain(`problem  Others may write to the state folder ${stateDir} (mode 777); run: chmod 700`);
    expect(stdout).toContain(`problem  Cannot listen on 127.0.0.1:${port}: EADDRINUSE; choose another with --port`);
    expect(existsSync(join(stateDir, 'token'))).toBe(false);
    server.close();
  });

  it('repeats no secret that is in the configuration', async () => {
    const file = join(dir, 'config.json');
    writeFileSync(file, JSON.stringify({ alertWebhook: 'https://alerts.example.com/marker', port: 0 }));
    const answers = [
      await check(['--config', file]),
      await check(['--config', file, '--json']),
      await check([], { SESSIOND_ALERT_WEBHOOK: 'ftp://user:marker@example.com' }),
    ];
    expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 2]);
    for (const { stdout, stderr } of answers) expect(stdout + stderr).not.toContain('marker');
  });
});
