import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileAuditLog } from './file-audit-log.ts';

const logged: { level: number }[] = [];
const logger = pino({ base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) });
let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-audit-'));
  path = join(dir, 'audit.jsonl');
  logged.length = 0;
});
afterEach(() => rmSync(dir, { recursive: true }));

const entry = (principalId: string) => ({ event: 'ticket.created', principalId }) as const;
const lines = (name = path): Record<string, unknown>[] =>
  readFileSync(name, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

it('has a line on the disk when an entry is recorded, in a file that only we can read', () => {
  const log = new FileAuditLog(path, logger);
  log.record(entry('ada'));
  expect(lines()).toEqual([
    { time: expect.stringMatching(/^\d{4}-.*Z$/), event: 'ticket.created', principalId: 'ada' },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  log.close();
});

it('goes on where an earlier daemon left off', () => {
  for (const who of ['ada', 'bob']) {
    const log = new FileAuditLog(path, logger);
    log.record(entry(who));
    log.close();
  }
  expect(lines().map(({ principalId }) => principalId)).toEqual(['ada', 'bob']);
});

it('keeps one generation, and never more than two files full', () => {
  const log = new FileAuditLog(path, logger, 1_000);
  for (let number = 0; number < 100; number++) log.record(entry(`p${number}`));
  log.close();
  expect(statSync(path).size).toBeLessThanOrEqual(1_000);
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(1_000);
  const kept = [...lines(`${path}.1`), ...lines()].map(({ principalId }) => principalId);
  expect(kept.at(-1)).toBe('p99');
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => `p${100 - kept.length + at}`));
});

it('refuses a file that others can read, and a link', () => {
  writeFileSync(path, '');
  chmodSync(path, 0o644);
  expect(() => new FileAuditLog(path, logger)).toThrow(`others can reach it; run: chmod 600 ${path}`);
  symlinkSync(path, join(dir, 'link'));
  expect(() => new FileAuditLog(join(dir, 'link'), logger)).toThrow('ELOOP');
  expect(() => new FileAuditLog(join(dir, 'none', 'audit'), logger)).toThrow(/Cannot use the audit log .*: ENOENT/);
});

it('refuses a pipe without waiting for its reader, and a folder', () => {
  execFileSync('mkfifo', ['-m', '600', path]);
  expect(() => new FileAuditLog(path, logger)).toThrow(/Cannot use the audit log .*: ENXIO/);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  expect(() => new FileAuditLog(path, logger)).toThrow('it is no file');
  closeSync(reader);
  expect(() => new FileAuditLog(dir, logger)).toThrow('EISDIR');
});

it('goes on as soon as it can after a new file could not be begun', () => {
  const log = new FileAuditLog(path, logger, 200);
  log.record(entry('first'));
  log.record(entry('second'));
  // As after a rename that was not followed by a new file.
  renameSync(path, `${path}.1`);
  for (const who of ['third', 'fourth']) log.record(entry(who));
  log.close();
  expect(lines().map(({ principalId }) => principalId)).toEqual(['third', 'fourth']);
  expect(logged).toEqual([]);
});

it('says once that it cannot be written, and stops nobody', () => {
  const log = new FileAuditLog(path, logger);
  log.close();
  for (let number = 0; number < 3; number++) log.record(entry('ada'));
  expect(logged.filter(({ level }) => level === 50)).toHaveLength(1);
});
