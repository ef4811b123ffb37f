import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AuthModuleOptions, loadAuthModule } from './auth-module.ts';

const options: AuthModuleOptions = { stateDir: '/state', version: '1.2.3', log: () => {} };
const request = (authorization?: string) => ({ headers: { authorization } }) as IncomingMessage;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-module-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(text: string): string {
  const path = join(dir, `module-${Math.random()}.mjs`);
  writeFileSync(path, text);
  return path;
}

it('asks the provider that the module of the examples makes', async () => {
  const path = fileURLToPath(new URL('../../examples/signed-users.js', import.meta.url));
  process.env['SIGNED_USERS_SECRET'] = 'a secret of the example';
  const provider = await loadAuthModule(path, options);
  const signature = createHmac('sha256', 'a secret of the example').update('ada').digest('base64url');
  expect(await provider.authenticate(request(`Signed ada.${signature}`))).toEqual({
    ok: true,
    principal: {
      id: 'user:ada',
      scopes: ['server:read', 'sessions:read', 'sessions:write', 'sessions:create'],
      sessions: ['ada-*'],
    },
  });
  expect(await provider.authenticate(request(`Signed bob.${signature}`))).toMatchObject({ ok: false });
  expect(await provider.authenticate(request())).toMatchObject({ ok: false, message: expect.any(String) });
});

it.each([
  ['export const x = 1;', 'it exports no function createAuthProvider'],
  ['export const createAuthProvider = () => ({});', 'createAuthProvider returns no provider'],
  ['export const createAuthProvider = () => { throw new Error("no directory\\nat line 1"); };', 'no directory'],
  ['export const createAuthProvider = async () => { throw "text"; };', 'it throws something that is no Error'],
  ['this is no JavaScript', ''],
])('does not start with %s', async (text, reason) => {
  const path = file(text);
  await expect(loadAuthModule(path, options)).rejects.toMatchObject({
    name: 'StartupError',
    exitCode: 78,
    message: expect.stringMatching(new RegExp(`^Cannot use the authentication module ${path}: .*${reason}`)),
  });
});

it('does not start with a module that never has its provider ready', async () => {
  const path = file('export const createAuthProvider = () => new Promise(() => {});');
  await expect(loadAuthModule(path, options, 5)).rejects.toThrow(`module ${path}: it was not ready after 5 ms`);
});

it('names a file that is not there', async () => {
  const path = join(dir, 'none.mjs');
  await expect(loadAuthModule(path, options)).rejects.toThrow(`Cannot use the authentication module ${path}: `);
});

it.each([
  ['nothing', 'undefined'],
  ['no reason', '({ ok: false })'],
  ['the id of the owner', '({ ok: true, principal: { id: "owner", scopes: [] } })'],
  ['the id of a token', '({ ok: true, principal: { id: "token:ci", scopes: [] } })'],
  ['an end that is no time', '({ ok: true, principal: { id: "a", scopes: [], expiresAtMs: NaN } })'],
  ['an id with a blank', '({ ok: true, principal: { id: "a b", scopes: [] } })'],
  ['no scopes', '({ ok: true, principal: { id: "a" } })'],
  ['a scope that is no text', '({ ok: true, principal: { id: "a", scopes: [1] } })'],
  ['patterns that are no list', '({ ok: true, principal: { id: "a", scopes: [], sessions: "*" } })'],
])('lets nobody in by %s', async (_what, result) => {
  const provider = await loadAuthModule(
    file(`export const createAuthProvider = () => ({ authenticate: async () => ${result} });`),
    options,
  );
  await expect(provider.authenticate(request())).rejects.toThrow('no result');
});

it('passes the end of the daemon on', async () => {
  const provider = await loadAuthModule(
    file(
      'let closed = 0; export const createAuthProvider = () => ({ authenticate: async () => ({ ok: true, principal: { id: String(closed), scopes: [] } }), close: () => { closed += 1; } });',
    ),
    options,
  );
  provider.close?.();
  expect(await provider.authenticate(request())).toMatchObject({ principal: { id: '1' } });
});
