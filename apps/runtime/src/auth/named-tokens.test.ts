import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToken, revokeToken, tokenDigest } from '@sessiond/token-file';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NamedTokens } from './named-tokens.ts';

const lines: { level: number }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
let dir: string;
let path: string;
let now: number;
let tokens: NamedTokens | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-named-'));
  path = join(dir, 'tokens.json');
  now = Date.parse('2026-01-01T00:00:00Z');
  lines.length = 0;
});
afterEach(() => {
  tokens?.close();
  rmSync(dir, { recursive: true });
});

const open = () => {
  tokens = new NamedTokens({ path, logger, now: () => now });
  return tokens;
};
const find = (subject: NamedTokens, token: string) => subject.find(Buffer.from(tokenDigest(token), 'hex'));
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

it('makes of each token the principal that the file describes', async () => {
  const expiresAt = new Date('2026-02-01T00:00:00Z');
  const { token } = await createToken(path, { name: 'ci', scopes: ['sessions:read'], sessions: ['ci-*'], expiresAt });
  const other = await createToken(path, { name: 'other', scopes: [] });
  const subject = open();
  expect(find(subject, token)).toMatchObject({
    id: 'token:ci',
    scopes: ['sessions:read'],
    sessions: ['ci-*'],
    expiresAtMs: expiresAt.getTime(),
  });
  expect(find(subject, other.token)).toMatchObject({ id: 'token:other', scopes: [] });
  expect(find(subject, 'sessiond_another')).toBeUndefined();
});

it('knows a token from the moment on at which it is made', async () => {
  const subject = open();
  const { token } = await createToken(path, { name: 'late', scopes: [] });
  expect(find(subject, token)?.id).toBe('token:late');
});

it('knows a token until it expires', async () => {
  const expiresAt = new Date(now + 1_000);
  const { token } = await createToken(path, { name: 'short', scopes: [], expiresAt });
  const subject = open();
  now += 999;
  expect(find(subject, token)).toBeDefined();
  now += 1;
  expect(find(subject, token)).toBeUndefined();
});

it('tells those who came in with a token that is revoked, by itself, and nobody else', async () => {
  const { token } = await createToken(path, { name: 'gone', scopes: [] });
  const kept = await createToken(path, { name: 'kept', scopes: [] });
  const subject = open();
  const [gone, stays] = [find(subject, token)!, find(subject, kept.token)!];
  await revokeToken(path, 'gone');
  await aborted(gone.revoked!);
  expect(find(subject, token)).toBeUndefined();
  expect(stays.revoked!.aborted).toBe(false);
  expect(find(subject, kept.token)).toBe(stays);
});

it('takes a token that is made anew under an old name for another one', async () => {
  const first = await createToken(path, { name: 'same', scopes: [] });
  const subject = open();
  const before = find(subject, first.token)!;
  await revokeToken(path, 'same');
  const second = await createToken(path, { name: 'same', scopes: [] });
  expect(find(subject, second.token)?.id).toBe('token:same');
  expect(before.revoked!.aborted).toBe(true);
});

it('revokes them all when the file is deleted', async () => {
  const { token } = await createToken(path, { name: 'a', scopes: [] });
  const subject = open();
  const principal = find(subject, token)!;
  rmSync(path);
  await aborted(principal.revoked!);
  expect(find(subject, token)).toBeUndefined();
});

it('goes on with what it knew when the file cannot be used any more, and says so', async () => {
  const { token } = await createToken(path, { name: 'a', scopes: [] });
  const subject = open();
  writeFileSync(path, '{"version":1,"tok');
  const soon = Date.now() / 1000 + 5;
  utimesSync(path, soon, soon);
  for (let number = 0; number < 3; number++) expect(find(subject, token)).toBeDefined();
  expect(lines.filter(({ level }) => level === 50).length).toBeGreaterThanOrEqual(1);
  expect(JSON.stringify(lines)).toContain('it is not valid JSON');
});

it('does not start with a file that it cannot use', () => {
  writeFileSync(path, 'nonsense', { mode: 0o600 });
  expect(open).toThrow(expect.objectContaining({ name: 'StartupError', code: 'CONFIG_INVALID', exitCode: 78 }));
  writeFileSync(path, '{}', { mode: 0o600 });
  rmSync(path);
  mkdirSync(path);
  expect(open).toThrow('it is no file');
});

it('notices also what the system does not tell of: that another folder has taken the place of its own', async () => {
  const state = join(dir, 'state');
  mkdirSync(state);
  path = join(state, 'tokens.json');
  const { token } = await createToken(path, { name: 'ci', scopes: [] });
  tokens = new NamedTokens({ path, logger, now: () => now, pollMs: 5 });
  const { revoked } = find(tokens, token)!;
  renameSync(state, join(dir, 'former'));
  mkdirSync(state);
  await aborted(revoked!);
});
