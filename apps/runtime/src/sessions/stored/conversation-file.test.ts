import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { conversationFile } from './conversation-file.ts';

let dir: string;
let roots: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'conversation-'));
  roots = [join(dir, 'root')];
  mkdirSync(roots[0]!);
});
afterEach(() => rmSync(dir, { recursive: true }));

it('finds a conversation below a folder that is itself a link, with the folder it was in', async () => {
  const path = join(dir, 'root/a.jsonl');
  writeFileSync(path, `\n${JSON.stringify({ type: 'session', id: 'x', cwd: '/srv' })}\n`);
  symlinkSync(roots[0]!, join(dir, 'link'));
  expect(await conversationFile(join(dir, 'link/a.jsonl'), { roots: [join(dir, 'link')] })).toEqual({
    path,
    cwd: '/srv',
  });
});

it.each([
  ['a relative folder', { type: 'session', id: 'x', cwd: 'srv' }],
  ['no folder', { type: 'conversation', id: 'x' }],
])('knows no folder of a conversation that names %s', async (_, header) => {
  const path = join(dir, 'root/a.jsonl');
  writeFileSync(path, JSON.stringify(header));
  expect(await conversationFile(path, { roots })).toEqual({ path, cwd: undefined });
});

it('refuses a pipe at once, whether or not somebody writes into it', async () => {
  const path = join(dir, 'root/pipe');
  execFileSync('mkfifo', [path]);
  await expect(conversationFile(path, { roots })).rejects.toMatchObject({
    message: 'Cannot load the conversation: it is no regular file',
    details: { field: 'sessionPath' },
  });
});
