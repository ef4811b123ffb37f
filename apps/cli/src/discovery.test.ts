import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findTarget } from './discovery.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'discovery-'));
afterAll(() => rmSync(stateDir, { recursive: true }));
writeFileSync(join(stateDir, 'token'), 'stored\n');

const at = (env: Record<string, string>) => ({ env, homeDir: '/home/me', cwd: '/folder' });

it('tries the runtime folder, then the state folder', () => {
  expect(findTarget({}, at({ XDG_RUNTIME_DIR: '/run/me' })).addresses).toEqual([
    { socketPath: '/run/me/sessiond/sessiond.sock' },
    { socketPath: '/home/me/.local/state/sessiond/sessiond.sock' },
  ]);
  const [only] = findTarget({}, at({ XDG_RUNTIME_DIR: 'relative', XDG_STATE_HOME: '/state' })).addresses;
  expect(only).toEqual({ socketPath: '/state/sessiond/sessiond.sock' });
  expect(findTarget({}, at({ SESSIOND_STATE_DIR: '/own' })).addresses).toEqual([{ socketPath: '/own/sessiond.sock' }]);
});

it('prefers flags to variables, and does not look further', () => {
  const env = { SESSIOND_SOCKET: '/from/env.sock', XDG_RUNTIME_DIR: '/run/me' };
  expect(findTarget({}, at(env))).toEqual({
    addresses: [{ socketPath: '/from/env.sock' }],
    isLocal: true,
    isDefault: false,
  });
  expect(findTarget({ socket: 'here.sock' }, at(env)).addresses).toEqual([{ socketPath: '/folder/here.sock' }]);
  expect(findTarget({ url: 'ws://far.example' }, at(env)).addresses).toEqual([
    { url: 'ws://far.example', token: undefined },
  ]);
});

it('shows the stored token to this machine only', () => {
  const env = { SESSIOND_STATE_DIR: stateDir };
  const tokenFor = (url: string, more = {}) => findTarget({ url }, at({ ...env, ...more })).addresses[0]?.token;
  for (const url of ['ws://127.0.0.1:3141', 'http://localhost:1', 'ws://[::1]:3141', 'ws://127.9.9.9']) {
    expect(tokenFor(url)).toBe('stored');
    expect(findTarget({ url }, at(env)).isLocal).toBe(true);
  }
  for (const url of ['ws://far.example', 'ws://127.0.0.1.example', 'ws://10.0.0.1', 'nonsense']) {
    expect(tokenFor(url)).toBeUndefined();
  }
  expect(tokenFor('ws://far.example', { SESSIOND_TOKEN: 'given' })).toBe('given');
  expect(findTarget({ url: 'ws://127.0.0.1', token: 'flag' }, at(env)).addresses[0]?.token).toBe('flag');
});

it('refuses two addresses', () => {
  expect(() => findTarget({ socket: '/a', url: 'ws://b' }, at({}))).toThrow('Cannot use both --socket and --url');
  expect(() => findTarget({}, at({ SESSIOND_SOCKET: '/a', SESSIOND_URL: 'ws://b' }))).toThrow('SESSIOND_SOCKET and');
});
