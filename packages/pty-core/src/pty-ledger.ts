import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerError } from './errors.ts';
import { LinuxProcessTable, type ProcessTable } from './processes.ts';

/** The environment variable that names the instance of a service that started a process. */
export const INSTANCE_VARIABLE = 'SESSIOND_INSTANCE';

/** The boot it belongs to, the process that is it, and something random for the case that this process has two. */
const INSTANCE_ID = /^(?<bootId>[\da-z-]+)\.(?<pid>\d+)\.(?<startTime>\d+)\.[\da-f]{8}$/;

const RECORD = /^(?<pid>\d+)\.(?<startTime>\d+)$/;

/** A child as the ledger remembers it. */
export interface RecordedChild {
  /** Empty when the machine stopped before it reached the disk. */
  readonly ptyId: string;
  readonly pid: number;
  readonly startTime: number;
}

/** A run that is over, and the children it did not see end. */
export interface AbandonedRun {
  readonly instanceId: string;
  readonly children: readonly RecordedChild[];
}

/** Settings of a {@link PtyLedger}. */
export interface PtyLedgerOptions {
  readonly processes?: ProcessTable;
  /** Told when a child could not be recorded; it runs all the same. What it throws is ignored. */
  readonly onError?: (error: Error) => void;
}

/** One ledger as plain JSON. */
export interface PtyLedgerSnapshot {
  readonly path: string;
  readonly instanceId: string;
  /** Children recorded and not ended. */
  readonly living: number;
  /** How many children could not be recorded. */
  readonly failures: number;
}

/**
 * Remembers on disk which children are alive, so that a later run can find those that an earlier one left behind: see
 * {@link reconcileOrphans}.
 *
 * A folder holds one folder per run, named after the run, and in it one small file per living child, named after the child:
 *
 *     <path>/<boot id>.<pid>.<start time>.<random>/<pid>.<start time>      contains the ptyId
 *
 * Names are created and removed whole, so a kill at any moment leaves nothing half written, there is nothing to compact, and
 * the size is bounded by the living children. Nothing is synced: a process that is killed leaves its files in the page cache,
 * and a machine that stops leaves no processes. Every run writes to its own folder only, so several may share a ledger; a run
 * whose process lives is never abandoned. All of them must see each other's pids: not from different pid namespaces.
 *
 * Recording costs 20 to 40 µs, forgetting 5 µs. Where processes cannot be looked at, nothing is recorded.
 */
export class PtyLedger {
  readonly path: string;
  /** Names this run and no other one ever; tells which process it is. */
  readonly instanceId: string;
  readonly #folder: string | undefined;
  readonly #processes: ProcessTable;
  readonly #onError: (error: Error) => void;
  readonly #living = new Map<string, string>();
  #failures = 0;

  private constructor(
    path: string,
    folder: string | undefined,
    instanceId: string,
    options: Required<PtyLedgerOptions>,
  ) {
    this.path = path;
    this.instanceId = instanceId;
    this.#folder = folder;
    this.#processes = options.processes;
    this.#onError = options.onError;
  }

  /**
   * Begins a run in the ledger of this folder, which is created, for this user only, if it is missing.
   * Runs before the last start of the machine are removed, and entries that no ledger has made left alone.
   * @throws LedgerError when that is not possible.
   */
  static open(path: string, options: PtyLedgerOptions = {}): PtyLedger {
    const processes = options.processes ?? new LinuxProcessTable();
    const instanceId = newInstanceId(processes);
    // Without start times nothing recorded could ever be recognised.
    const folder = processes.readable ? join(path, instanceId) : undefined;
    try {
      if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new LedgerError(path, error as Error);
    }
    const ledger = new PtyLedger(path, folder, instanceId, { processes, onError: options.onError ?? (() => {}) });
    ledger.#removeEarlierBoots();
    return ledger;
  }

  /** What the environment of every child must contain, so that it can be known again. */
  get environment(): Readonly<Record<string, string>> {
    return { [INSTANCE_VARIABLE]: this.instanceId };
  }

  /** Records a child right after its start. One without a start time could not be known again and is left out. Never throws. */
  started({ ptyId, pid, startTime }: { ptyId: string; pid: number; startTime: number | undefined }): void {
    if (this.#folder === undefined || startTime === undefined) return;
    const record = join(this.#folder, recordName({ pid, startTime }));
    try {
      writeFileSync(record, ptyId, { mode: 0o600 });
      this.#living.set(ptyId, record);
    } catch (error) {
      this.#failed(new Error(`Cannot record PTY ${ptyId}: ${(error as Error).message}`, { cause: error }));
    }
  }

  /** Forgets a child that has ended. A PTY that is not recorded is ignored. Never throws. */
  stopped(ptyId: string): void {
    const record = this.#living.get(ptyId);
    if (record === undefined) return;
    this.#living.delete(ptyId);
    remove(() => unlinkSync(record));
  }

  /** Runs that are over and were not forgotten yet. Costs a directory per run and a small read per child. */
  abandoned(): AbandonedRun[] {
    return this.#folder === undefined ? [] : this.#runs().filter(({ instanceId }) => !this.#isAlive(instanceId));
  }

  /** Removes the records of children of an abandoned run, and the run itself when none are left. Never throws. */
  forget({ instanceId }: AbandonedRun, children: readonly RecordedChild[]): void {
    const folder = join(this.path, instanceId);
    for (const child of children) remove(() => unlinkSync(join(folder, recordName(child))));
    remove(() => rmdirSync(folder));
  }

  /** Ends the run. Children that are still recorded stay so: once this process has ended, they are orphans. Idempotent. */
  close(): void {
    const folder = this.#folder;
    if (folder !== undefined) remove(() => rmdirSync(folder));
  }

  snapshot(): PtyLedgerSnapshot {
    return { path: this.path, instanceId: this.instanceId, living: this.#living.size, failures: this.#failures };
  }

  #failed(error: Error): void {
    this.#failures += 1;
    try {
      this.#onError(error);
    } catch {
      // The child runs; whoever cannot even be told of that must not end it.
    }
  }

  #removeEarlierBoots(): void {
    if (this.#folder === undefined) return;
    for (const run of this.#runs()) {
      if (bootOf(run.instanceId) !== bootOf(this.instanceId)) this.forget(run, run.children);
    }
  }

  #runs(): AbandonedRun[] {
    return entries(this.path)
      .filter((name) => INSTANCE_ID.test(name))
      .map((instanceId) => ({ instanceId, children: recordedIn(join(this.path, instanceId)) }));
  }

  #isAlive(instanceId: string): boolean {
    const { pid, startTime } = identityIn(INSTANCE_ID, instanceId)!;
    const owner = this.#processes.read(pid);
    return owner?.startTime === startTime && owner.state !== 'Z';
  }
}

function newInstanceId(processes: ProcessTable): string {
  const startTime = processes.read(process.pid)?.startTime ?? 0;
  return [processes.bootId ?? 'unknown', process.pid, startTime, randomBytes(4).toString('hex')].join('.');
}

function bootOf(instanceId: string): string | undefined {
  return INSTANCE_ID.exec(instanceId)?.groups?.['bootId'];
}

function recordName({ pid, startTime }: Pick<RecordedChild, 'pid' | 'startTime'>): string {
  return `${pid}.${startTime}`;
}

function recordedIn(folder: string): RecordedChild[] {
  return entries(folder).flatMap((name) => {
    const identity = identityIn(RECORD, name);
    return identity === undefined ? [] : [{ ptyId: textOf(join(folder, name)), ...identity }];
  });
}

function identityIn(pattern: RegExp, name: string): { readonly pid: number; readonly startTime: number } | undefined {
  const found = pattern.exec(name)?.groups;
  return found && { pid: Number(found['pid']), startTime: Number(found['startTime']) };
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Removes what may be gone already, or, a folder, not be empty. */
function remove(act: () => void): void {
  try {
    act();
  } catch {
    // What stays is looked at again by the next run, and proves nothing on its own.
  }
}
