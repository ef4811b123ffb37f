import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
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
import { text } from 'node:stream/consumers';
import { compileProgram } from '@sessiond/testkit';
import { ownTokenPath } from '@sessiond/token-file/own-token';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensurePrivateDir, STATE_DIR } from './state-dir.ts';
import { loadToken } from './token.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-token-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('creates a token of 256 bits that only we can read, whatever the umask', () => {
  const umask = process.umask(0);
  try {
    const { path, token } = loadToken(dir);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(`${token}\n`);
    expect(readdirSync(dir)).toEqual(['token']);
  } finally {
    process.umask(umask);
  }
});

it('keeps the token it has', () => {
  expect(loadToken(dir).token).toBe(loadToken(dir).token);
  writeFileSync(ownTokenPath(dir), '  chosen-by-hand-and-long-enough \n');
  expect(loadToken(dir).token).toBe('chosen-by-hand-and-long-enough');
});

it('gives first starts at the same moment the same token', async () => {
  const state = join(dir, 'state');
  mkdirSync(state);
  const program = join(dir, 'program.mjs');
  writeFileSync(join(dir, 'token.mjs'), compileProgram(new URL('token.ts', import.meta.url)));
  writeFileSync(
    program,
    `import { loadToken } from './token.mjs'; process.stdout.write(loadToken(process.argv[2]).token);`,
  );
  const starts = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, [program, state]);
    child.stderr.pipe(process.stderr);
    return text(child.stdout);
  });
  const tokens = await Promise.all(starts);
  expect(tokens).toEqual(Array(4).fill(readFileSync(ownTokenPath(state), 'utf8').trim()));
  expect(readdirSync(state)).toEqual(['token']);
});

it.each([0o640, 0o604, 0o660, 0o644])('refuses a token that others can reach: mode %o', (mode) => {
  const { path } = loadToken(dir);
  chmodSync(path, mode);
  expect(() => loadToken(dir)).toThrow(
    `others can read it (mode ${mode.toString(8)}); run: chmod 600 ${path}, or delete it to get a new token`,
  );
});

it('refuses what is no token file as a start that failed, not as a defect', () => {
  mkdirSync(ownTokenPath(dir), { mode: 0o700 });
  expect(() => loadToken(dir)).toThrow(expect.objectContaining({ name: 'StartupError', code: 'NOT_PRIVATE' }));
});

it('refuses a token that is empty, too short or not one line of base64url', () => {
  for (const text of ['', 'short', 'two words that are long enough', 'x'.repeat(513)]) {
    writeFileSync(ownTokenPath(dir), text, { mode: 0o600 });
    expect(() => loadToken(dir)).toThrow('delete it to get a new token');
  }
});

it('refuses a symbolic link, which may lead to a file of someone else', () => {
  writeFileSync(join(dir, 'elsewhere'), 'x'.repeat(40), { mode: 0o600 });
  symlinkSync(join(dir, 'elsewhere'), ownTokenPath(dir));
  expect(() => loadToken(dir)).toThrow('it is a symbolic link');
});

it('creates the state folder for us alone, parents included', () => {
  const path = join(dir, 'a', 'b');
  ensurePrivateDir(path, STATE_DIR);
  expect([statSync(path).mode & 0o777, statSync(join(dir, 'a')).mode & 0o777]).toEqual([0o700, 0o700]);
});

it('refuses a state folder that others can write to', () => {
  const path = join(dir, 'open');
  mkdirSync(path);
  chmodSync(path, 0o777);
  expect(() => ensurePrivateDir(path, STATE_DIR)).toThrow(`others may write to it (mode 777); run: chmod 700 ${path}`);
});

it('says which option names another folder when one cannot be made', () => {
  writeFileSync(join(dir, 'file'), '');
  expect(() => ensurePrivateDir(join(dir, 'file', 'x'), STATE_DIR)).toThrow(
    /Cannot create the state folder .*: ENOTDIR; .* --state-dir/,
  );
});
