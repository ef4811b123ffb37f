import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OpenConversations } from './open-conversations.ts';

let folder: string;
let conversations: OpenConversations;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'open-')));
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  conversations = new OpenConversations();
});
afterEach(() => rmSync(folder, { recursive: true }));

const taken = { code: 'agent-state' };

it('gives a file to one session, until that frees it', () => {
  const file = join(folder, 'a.jsonl');
  conversations.take('one', file);
  conversations.take('one', file);
  expect(() => conversations.take('two', file)).toThrow(expect.objectContaining(taken));
  conversations.release('one');
  conversations.release('one');
  conversations.take('two', file);
});

it('knows a file by all its names, also one that was not there when it was given away', () => {
  conversations.take('one', join(folder, 'link', 'later.jsonl'));
  writeFileSync(join(folder, 'real', 'later.jsonl'), '');
  expect(() => conversations.take('two', join(folder, 'link', 'later.jsonl'))).toThrow();
  expect(() => conversations.take('two', join(folder, 'real', 'later.jsonl'))).toThrow();
});

it('leaves both files to a session that goes from one to the other, until it is there', () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  conversations.move('one', from);
  conversations.take('one', to);
  expect(() => conversations.take('two', from)).toThrow();
  expect(() => conversations.take('two', to)).toThrow();
  conversations.move('one', to);
  conversations.take('two', from);
  expect(() => conversations.move('two', to)).toThrow();
  expect(() => conversations.take('three', from)).toThrow();
});

it('frees what was not gone to', () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  conversations.take('one', from);
  conversations.take('one', to);
  conversations.move('one', from);
  conversations.take('two', to);
  conversations.release('one');
  conversations.take('two', from);
});
