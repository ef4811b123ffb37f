import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseHeader, readConversationHeader } from './conversation-header.ts';
import { StoredConversations } from './stored-conversations.ts';

const never = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stored-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (value: object) => `${JSON.stringify(value)}\n`;
const user = (text: string, more: readonly object[] = []) =>
  line({ type: 'message', id: 'u', message: { role: 'user', content: [{ type: 'text', text }, ...more] } });

/** Writes a conversation that was changed so many seconds after 1970. */
function write(cwd: string, id: string, changedAt: number, ...lines: readonly string[]): string {
  const dir = join(folder, 'sessions', `--${cwd.slice(1).replaceAll('/', '-')}--`);
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `time_${id}.jsonl`);
  const header = line({ type: 'session', version: 3, id, timestamp: '2026-01-02T03:04:05.000Z', cwd });
  writeFileSync(path, [header, ...lines].join(''));
  utimesSync(path, changedAt, changedAt);
  return path;
}

/** What this process has read so far, from files and everything else. */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
}

it('lists the newest first, of one directory or all, as many as wanted', async () => {
  const stored = new StoredConversations(folder);
  expect(await stored.list({ limit: 10 }, never)).toEqual([]);
  for (const [at, cwd] of ['/w/a', '/w/b', '/w/a'].entries()) write(cwd, `id-${at}`, 100 + at);
  const ids = async (query: { cwd?: string; limit: number }) =>
    (await stored.list(query, never)).map(({ agentSessionId }) => agentSessionId);
  expect(await ids({ limit: 10 })).toEqual(['id-2', 'id-1', 'id-0']);
  expect(await ids({ limit: 1 })).toEqual(['id-2']);
  expect(await ids({ limit: 10, cwd: '/w/a' })).toEqual(['id-2', 'id-0']);
  // Another directory that pi gives the same folder.
  expect(await ids({ limit: 10, cwd: '/w-a' })).toEqual([]);
});

it('tells the name it had last, the model, how many messages, and how the first of a person begins', async () => {
  const picture = { type: 'image', data: 'A'.repeat(300_000), mimeType: 'image/png' };
  const path = write(
    '/w/a',
    'id',
    100,
    line({ type: 'model_change', id: 'm', provider: 'p', modelId: 'm1' }),
    line({ type: 'session_info', id: 'n', name: 'First' }),
    user(`Say "hello"\nto ${'x'.repeat(500)}`, [picture]),
    line({ type: 'message', id: 'a', message: { role: 'assistant', content: [] } }),
    user('second'),
    line({ type: 'model_change', id: 'm', provider: 'p', modelId: 'm2' }),
    line({ type: 'session_info', id: 'n', name: ' Last ' }),
    '{"broken',
  );
  const [session] = await new StoredConversations(folder).list({ limit: 10 }, never);
  expect(session).toMatchObject({
    backend: 'pi',
    sessionPath: path,
    agentSessionId: 'id',
    cwd: '/w/a',
    createdAt: '2026-01-02T03:04:05.000Z',
    modifiedAt: '1970-01-01T00:01:40.000Z',
    name: 'Last',
    model: 'p/m2',
    messageCount: 3,
  });
  expect(session?.firstMessage).toBe(`Say "hello"\nto ${'x'.repeat(500)}`.slice(0, 200));
});

it('sees what was added, and remembers what was not changed', async () => {
  const stored = new StoredConversations(folder);
  const path = write('/w/a', 'id', 100, user('first'));
  expect(await stored.list({ limit: 1 }, never)).toMatchObject([{ messageCount: 1 }]);
  const before = (await stored.list({ limit: 1 }, never))[0];
  expect((await stored.list({ limit: 1 }, never))[0]).toBe(before);
  appendFileSync(path, user('second'));
  expect(await stored.list({ limit: 1 }, never)).toMatchObject([{ messageCount: 2, firstMessage: 'first' }]);
});

it('leaves out what is no conversation, and finds one by its name only if the file says so too', async () => {
  const stored = new StoredConversations(folder);
  const path = write('/w/a', 'good', 100);
  const dir = join(folder, 'sessions', '--w-a--');
  writeFileSync(join(dir, 'time_other.jsonl'), 'a diary\n');
  writeFileSync(join(dir, 'time_fake.jsonl'), line({ type: 'session', id: 'good' }));
  writeFileSync(join(dir, 'notes.txt'), 'notes');
  mkdirSync(join(dir, 'time_folder.jsonl'));
  expect(await stored.list({ limit: 10, cwd: '/w/a' }, never)).toHaveLength(1);
  expect(await stored.fileOf('good', never)).toBe(path);
  for (const id of ['other', 'fake', 'none', '../good', '']) expect(await stored.fileOf(id, never)).toBeUndefined();
  await expect(stored.list({ limit: 10 }, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

it.each([
  ['{"type":"session","id":"a"}', { id: 'a', version: 1 }],
  ['{"type":"session","id":"a","version":3,"cwd":"relative","timestamp":"never"}', { id: 'a', version: 3 }],
  ['{"type":"session","id":"../a"}', undefined],
  ['{"type":"message","id":"a"}', undefined],
  ['{"type":"session"}', undefined],
  ['null', undefined],
  ['no JSON', undefined],
])('reads the first line %s', (text, header) => {
  expect(parseHeader(text)).toEqual(header);
});

it('reads no header of what is no file, or of a first line without an end', async () => {
  expect(await readConversationHeader(folder)).toBeUndefined();
  expect(await readConversationHeader(join(folder, 'none'))).toBeUndefined();
  writeFileSync(join(folder, 'long'), `{"type":"session","id":"a","x":"${'x'.repeat(70_000)}"}`);
  expect(await readConversationHeader(join(folder, 'long'))).toBeUndefined();
});

it('does not wait for a writer of what is no file', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(await readConversationHeader(join(folder, 'pipe'))).toBeUndefined();
});

it('reads no more than the beginning of what is no conversation, and stops for a caller who gives up', async () => {
  const large = join(folder, 'sessions', 'one');
  mkdirSync(large, { recursive: true });
  // Sparse files: read whole, these were a gigabyte.
  for (let index = 0; index < 16; index += 1) {
    const path = join(large, `${index}.jsonl`);
    writeFileSync(path, 'no conversation\n');
    truncateSync(path, 64 * 1024 * 1024);
  }
  const stored = new StoredConversations(folder);
  const before = bytesRead();
  expect(await stored.list({ limit: 10 }, never)).toEqual([]);
  expect(bytesRead() - before).toBeLessThan(64 * 1024 * 1024);
  const path = join(large, 'whole.jsonl');
  writeFileSync(path, '{"type":"session","id":"a","version":3}\n');
  truncateSync(path, 64 * 1024 * 1024);
  const controller = new AbortController();
  const gaveUp = new Error('gave up');
  const listed = stored.list({ limit: 10 }, controller.signal);
  controller.abort(gaveUp);
  await expect(listed).rejects.toBe(gaveUp);
});
