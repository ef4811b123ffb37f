import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileProgram } from '@sessiond/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, type NewToken, readTokenFile, revokeToken, tokenDigest, tokenFilePath } from './index.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-tokens-'));
  path = tokenFilePath(join(dir, 'state'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const reader: NewToken = { name: 'reader', scopes: ['sessions:read'] };

it('is empty where there is no file', () => {
  expect(readTokenFile(path)).toEqual([]);
  expect(existsSync(path)).toBe(false);
});

it('keeps everything of a token but the token, in a file that only we can read', async () => {
  const now = new Date('2026-01-02T03:04:05.678Z');
  const expiresAt = new Date('2026-02-01T00:00:00Z');
  const { token, entry } = await createToken(path, { ...reader, sessions: ['ci-*', 'ci-*'], expiresAt }, now);
  expect(token).toMatch(/^sessiond_[A-Za-z0-9_-]{43}$/);
  expect(readTokenFile(path)).toEqual([entry]);
  expect(entry).toEqual({
    name: 'reader',
    digest: tokenDigest(token),
    scopes: ['sessions:read'],
    sessions: ['ci-*'],
    expiresAt: '2026-02-01T00:00:00.000Z',
    createdAt: '2026-01-02T03:04:05.678Z',
  });
  expect(readFileSync(path, 'utf8')).not.toContain(token.slice('sessiond_'.length));
  expect([statSync(path).mode & 0o777, statSync(join(dir, 'state')).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readdirSync(join(dir, 'state'))).toEqual(['tokens.json']);
});

it('has one token of a name, until that is revoked', async () => {
  const first = await createToken(path, reader);
  await expect(createToken(path, reader)).rejects.toMatchObject({ code: 'EXISTS' });
  expect(await revokeToken(path, 'reader')).toEqual(first.entry);
  await expect(revokeToken(path, 'reader')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const second = await createToken(path, reader);
  expect(second.token).not.toBe(first.token);
});

it.each([
  ['a name with a blank', { ...reader, name: 'two words' }, 'name'],
  ['an empty name', { ...reader, name: '' }, 'name'],
  ['a name that is too long', { ...reader, name: 'x'.repeat(65) }, 'name'],
  ['a pattern that no id can match', { ...reader, sessions: ['a/b'] }, 'sessions'],
  ['a scope that there is not', { ...reader, scopes: ['root'] as never }, 'scopes'],
])('refuses %s and changes nothing', async (_what, wanted, field) => {
  await expect(createToken(path, wanted)).rejects.toMatchObject({
    code: 'INVALID',
    message: `Cannot create token: its ${field} is not one that can be kept`,
  });
  expect(readTokenFile(path)).toEqual([]);
});

it.each([
  ['no JSON', '{', 'it is not valid JSON'],
  ['something else', '[]', 'it is not a token file'],
  ['another version', '{"version":2,"tokens":[]}', 'version is not as it must be'],
  ['a field nobody knows', '{"version":1,"tokens":[],"x":1}', 'it is not a token file'],
  [
    'an entry without a digest',
    '{"version":1,"tokens":[{"name":"a","scopes":[],"createdAt":"2026-01-01T00:00:00Z"}]}',
    'tokens.0.digest',
  ],
])('refuses a file with %s, and does not repeat it', async (_what, text, sentence) => {
  await createToken(path, reader);
  writeFileSync(path, text);
  expect(() => readTokenFile(path)).toThrow(sentence);
  await expect(createToken(path, { ...reader, name: 'other' })).rejects.toMatchObject({ code: 'INVALID' });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

it('refuses two tokens of one name', async () => {
  const { entry } = await createToken(path, reader);
  writeFileSync(path, JSON.stringify({ version: 1, tokens: [entry, { ...entry, digest: '0'.repeat(64) }] }));
  expect(() => readTokenFile(path)).toThrow('tokens is not as it must be');
});

it('refuses a file that others can reach, and a link', async () => {
  await createToken(path, reader);
  chmodSync(path, 0o640);
  expect(() => readTokenFile(path)).toThrow(`others can read it (mode 640); run: chmod 600 ${path}`);
  chmodSync(path, 0o600);
  const link = join(dir, 'link.json');
  symlinkSync(path, link);
  expect(() => readTokenFile(link)).toThrow('it is a symbolic link');
});

it('makes room by forgetting tokens that expired, and by nothing else', async () => {
  const { entry } = await createToken(path, reader);
  const many = Array.from({ length: 1_000 }, (_, number) => ({
    ...entry,
    name: `n${number}`,
    digest: number.toString(16).padStart(64, '0'),
    ...(number === 7 && { expiresAt: '2026-01-01T00:00:00Z' }),
  }));
  writeFileSync(path, JSON.stringify({ version: 1, tokens: many }));
  await createToken(path, { ...reader, name: 'a' }, new Date('2026-01-01T00:00:00Z'));
  expect(readTokenFile(path).map(({ name }) => name)).not.toContain('n7');
  await expect(createToken(path, { ...reader, name: 'b' })).rejects.toMatchObject({ code: 'FULL' });
});

it('loses nothing when many processes change it at once', async () => {
  writeFileSync(join(dir, 'token-file.mjs'), compileProgram(new URL('index.ts', import.meta.url)));
  const program = join(dir, 'program.mjs');
  const code = `
    import { createToken, revokeToken } from './token-file.mjs';
    const [path, name] = process.argv.slice(2);
    for (let number = 0; number < 5; number += 1) {
      await createToken(path, { name: name + number, scopes: [] });
      await createToken(path, { name: name + 'gone', scopes: [] });
      await revokeToken(path, name + 'gone');
    }`;
  writeFileSync(program, code);
  const exits = ['a', 'b', 'c', 'd'].map(
    (name) =>
      new Promise((resolve) => {
        spawn(process.execPath, [program, path, name], { stdio: ['ignore', 'ignore', 'inherit'] }).once(
          'exit',
          resolve,
        );
      }),
  );
  expect(await Promise.all(exits)).toEqual([0, 0, 0, 0]);
  expect(readTokenFile(path)).toHaveLength(20);
  expect(readdirSync(join(dir, 'state'))).toEqual(['tokens.json']);
});
