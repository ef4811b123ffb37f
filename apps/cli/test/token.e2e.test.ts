import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ended, runCli } from './sessionctl.ts';

let folder: string;
let daemon: TestDaemon;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  daemon = await startDaemon({ stateDir: join(folder, 'state') });
});
afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

function token(...args: string[]): Promise<Ended> {
  return runCli(['token', ...args], { env: { SESSIOND_STATE_DIR: daemon.stateDir } });
}

it('makes a token that a running daemon knows at once, and prints nothing else', async () => {
  const { stdout, stderr, code } = await token('create', 'laptop');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^sessiond_[A-Za-z0-9_-]{43}\n$/);
  const client = await WireClient.connect({ url: daemon.url, token: stdout.trim() });
  expect(await client.nextMessage()).toMatchObject({
    data: {
      principal: {
        id: 'token:laptop',
        scopes: ['server:read', 'sessions:read', 'sessions:write', 'sessions:create'],
      },
    },
  });
  await client.close();
  expect(readFileSync(join(daemon.stateDir, 'tokens.json'), 'utf8')).not.toContain(stdout.trim());
});

it('[S43] ends the connections of a token that is revoked with 1008, and lets nobody in with it again', async () => {
  const made = JSON.parse((await token('create', 'gone', '--scope', 'sessions:read', '--json')).stdout);
  expect(made).toMatchObject({ name: 'gone', scopes: ['sessions:read'], token: expect.any(String) });
  const client = await WireClient.connect({ url: daemon.url, token: made.token });
  await client.nextMessage();
  expect((await token('revoke', 'gone')).code).toBe(0);
  expect(await client.nextMessage()).toMatchObject({ type: 'response', success: false, code: 'UNAUTHENTICATED' });
  expect(await client.closed).toMatchObject({
    code: 1008,
    reason: expect.stringMatching(/^UNAUTHENTICATED: .*revoked/),
  });
  await expect(WireClient.connect({ url: daemon.url, token: made.token })).rejects.toMatchObject({ status: 401 });
});

it('lists tokens without anything that would let anybody in', async () => {
  await token(
    'create',
    'ci',
    '--scope',
    'sessions:read',
    '--scope',
    'sessions:write',
    '--session',
    'ci-*',
    '--expires',
    '30d',
  );
  const { stdout } = await token('list');
  expect(stdout).toMatch(/^NAME +SCOPES +SESSIONS +EXPIRES +CREATED$/m);
  expect(stdout).toMatch(/^ci +sessions:read,sessions:write +ci-\* +20\d\d-\d\d-\d\d +20\d\d-\d\d-\d\d$/m);
  const listed = JSON.parse((await token('list', '--json')).stdout) as object[];
  expect(listed).toContainEqual({
    name: 'ci',
    scopes: ['sessions:read', 'sessions:write'],
    sessions: ['ci-*'],
    expiresAt: expect.any(String),
    createdAt: expect.any(String),
  });
});

it('says what cannot be, and with which code', async () => {
  await token('create', 'twice');
  const again = await token('create', 'twice');
  expect([again.code, again.stdout]).toEqual([65, '']);
  expect(again.stderr).toContain('there is one with this name; revoke it first');
  expect((await token('revoke', 'nobody')).code).toBe(65);
  expect((await token('create', 'x', '--scope', 'root')).code).toBe(2);
  expect((await token('create', 'x', '--expires', 'soon')).code).toBe(2);
  expect((await token('create', 'two words')).code).toBe(65);
});
