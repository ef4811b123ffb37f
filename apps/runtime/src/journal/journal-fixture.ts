import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, GetCommandHistoryData, PtySessionInfo } from '@sessiond/protocol';
import pino from 'pino';
import type { PtySessionRecord } from '../sessions/session-record.ts';
import type { AcceptedCommand, FinishedCommand, RecoveredCommand } from './command-journal.ts';
import type { Changes, JournalStore, ReadOptions, StoredText } from './journal-store.ts';
import { type OpenedJournal, type OpenJournalOptions, openJournal } from './open-journal.ts';

/** For the tests of the journal: a log that is silent, limits that are far away. */
export const OPTIONS: Omit<OpenJournalOptions, 'path'> = {
  mode: 'sync',
  retention: { maxEntries: null, maxAgeMs: null, maxBytes: null },
  maxOutcomes: 10_000,
  restore: () => true,
  logger: pino({ level: 'silent' }),
};

/** A folder that is gone at the end of the test; where the journal will be in it. */
export function temporaryFolder(onEnd: (cleanup: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'sessiond-journal-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'journal');
}

/** A journal, and the outcomes it has given back, oldest first. */
export interface OpenedFixture extends OpenedJournal {
  readonly commands: readonly RecoveredCommand[];
}

/** Opens a journal with these options. */
export async function open(path: string, options: Partial<OpenJournalOptions> = {}): Promise<OpenedFixture> {
  const commands: RecoveredCommand[] = [];
  const restore = (command: RecoveredCommand): boolean => commands.push(command) > 0;
  const opened = await openJournal({ ...OPTIONS, path, restore, ...options });
  return { ...opened, commands: commands.reverse() };
}

/** A command that is to be recorded. */
export function accepted(
  command: Partial<Command> & { readonly type?: Command['type'] } = {},
  { principalId = 'owner', acceptedAtMs = Date.now() }: Partial<AcceptedCommand> = {},
): AcceptedCommand {
  const full = { type: 'set_session_name', sessionId: 'a', name: 'x', ...command } as Command;
  return { principalId, command: full, correlationId: full.id ?? 'anon:1', acceptedAtMs, fingerprint: 'f' };
}

/** How it ended well. */
export function succeeded(data: unknown = { done: true }, extra: Partial<FinishedCommand> = {}): FinishedCommand {
  return { outcome: { ok: true, data }, finishedAtMs: Date.now(), ...extra };
}

/** The numbers of a page. */
export function numbers({ entries }: GetCommandHistoryData): number[] {
  return entries.map(({ number }) => number);
}

/** What is on record of a session. */
export function sessionRecord(sessionId: string, info: Partial<PtySessionInfo> = {}): PtySessionRecord {
  const base: PtySessionInfo = {
    sessionId,
    kind: 'pty',
    owner: 'owner',
    createdAt: new Date().toISOString(),
    state: 'active',
    version: 1,
    pid: 4711,
    command: 'sh',
    args: [],
    cwd: '/',
    cols: 80,
    rows: 24,
    laneId: 'default',
    terminalId: sessionId,
    streamId: `stream-${sessionId}`,
    start: 0,
    end: 100,
    attached: 1,
    retention: { afterExitMs: 60_000 },
    stats: { totalWritten: 100, totalDropped: 0, currentUtilization: 0, overflowEvents: 0 },
    overflow: 'drop-oldest',
    bufferBytes: 4096,
  };
  return { info: { ...base, ...info }, seq: 3, gracePeriodMs: 5000, idleTimeoutMs: null };
}

/** A store in memory whose disk can be full. */
export class FakeStore implements JournalStore {
  readonly texts: Map<string, string> = new Map<string, string>();
  /** Of every batch that was written. */
  readonly changedKeys: string[] = [];
  isFull = false;
  writes = 0;

  async write(changes: Changes): Promise<void> {
    this.writes += 1;
    if (this.isFull) throw new Error('No space left on device');
    for (const [key, value] of changes) {
      this.changedKeys.push(key);
      if (value === null) this.texts.delete(key);
      else this.texts.set(key, value);
    }
  }

  async get(key: string): Promise<string | undefined> {
    return this.texts.get(key);
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return keys.map((key) => this.texts.get(key));
  }

  async *read(options: ReadOptions): AsyncIterable<StoredText[]> {
    const page = this.#keys(options).map((key) => [key, this.texts.get(key)] as const);
    if (page.length > 0) yield page;
  }

  async *readKeys(options: ReadOptions): AsyncIterable<string[]> {
    const page = this.#keys(options);
    if (page.length > 0) yield page;
  }

  async reopen(): Promise<void> {
    if (this.isFull) throw new Error('No space left on device');
  }

  async close(): Promise<void> {}

  #keys({ gte, lt, reverse, limit }: ReadOptions): string[] {
    const keys = [...this.texts.keys()].filter((key) => key >= gte && key < lt).sort();
    return (reverse ? keys.reverse() : keys).slice(0, limit);
  }
}
