import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { accepted, numbers, open, succeeded, temporaryFolder } from './journal-fixture.ts';

const folder = () => temporaryFolder(onTestFinished);
const asideOf = (path: string) => readdirSync(dirname(path)).filter((name) => name.includes('.corrupt-'));

/** A journal with one finished command. */
async function filled(path: string): Promise<void> {
  const { journal } = await open(path);
  await journal.accept(accepted({ id: 'c1' })).finish(succeeded());
  await journal.close();
}

it('follows a link to a journal on another disk', async () => {
  const path = folder();
  await filled(`${path}-elsewhere`);
  symlinkSync(`${path}-elsewhere`, path);
  const { journal, commands } = await open(path);
  await journal.close();
  expect(commands.map(({ commandId }) => commandId)).toEqual(['c1']);
  expect(asideOf(path)).toEqual([]);
});

it('sets a file aside that lies in the place of the journal', async () => {
  const path = folder();
  writeFileSync(path, 'mine');
  const { journal } = await open(path);
  await journal.close();
  expect(journal.recovery.setAside).toBe(true);
  expect(readFileSync(join(dirname(path), asideOf(path)[0]!), 'utf8')).toBe('mine');
});

it('goes on with a folder whose first file had not got its name', async () => {
  const path = folder();
  mkdirSync(path);
  writeFileSync(join(path, 'format.json.draft'), '');
  const { journal } = await open(path);
  await journal.close();
  expect(journal.recovery.setAside).toBe(false);
  expect(readdirSync(path)).toContain('format.json');
});

it('refuses what the system does not let be read, and leaves it where it is', async (context) => {
  if (process.getuid?.() === 0) context.skip('an administrator may read everything');
  const path = folder();
  await filled(path);
  execFileSync('chmod', ['000', join(path, 'format.json')]);
  await expect(open(path)).rejects.toThrow(/cannot be used: EACCES/);
  expect(asideOf(path)).toEqual([]);
});

it('says that a folder cannot be made, as a refusal to start', async () => {
  const path = folder();
  writeFileSync(path, 'a file');
  await expect(open(join(path, 'journal'))).rejects.toMatchObject({ name: 'StartupError', code: 'JOURNAL_UNUSABLE' });
  symlinkSync('nowhere', `${path}-link`);
  await expect(open(`${path}-link`)).rejects.toMatchObject({ name: 'StartupError', code: 'JOURNAL_UNUSABLE' });
});

it('names no process in the place of a second one when it is not known', async () => {
  const path = folder();
  const { journal } = await open(path);
  onTestFinished(() => journal.close());
  writeFileSync(join(path, 'owner.pid'), '');
  await expect(open(path)).rejects.toThrow(/: another process has the journal/);
});

it('reads back no more outcomes than there is room for, the latest', async () => {
  const path = folder();
  const { journal } = await open(path);
  for (let index = 1; index <= 10; index += 1) {
    await journal.accept(accepted({ id: `c${index}` })).finish(succeeded());
  }
  await journal.close();
  const offered: (string | undefined)[] = [];
  const full = await open(path, { restore: ({ commandId }) => offered.push(commandId) <= 3 });
  await full.journal.close();
  expect(offered).toEqual(['c10', 'c9', 'c8', 'c7']);
  expect(full.journal.recovery).toMatchObject({ outcomes: 3, missingWrites: 0 });
  const few = await open(path, { maxOutcomes: 2 });
  await few.journal.close();
  expect(few.commands.map(({ commandId }) => commandId)).toEqual(['c9', 'c10']);
});

it('does not grow with restarts', async () => {
  const path = folder();
  await filled(path);
  const size = () => Number(execFileSync('du', ['-sk', path]).toString().split('\t')[0]);
  let early = 0;
  for (let restart = 1; restart <= 100; restart += 1) {
    const { journal } = await open(path);
    expect(journal.snapshot().entries).toBe(1);
    await journal.close();
    if (restart === 10) early = size();
  }
  expect(size()).toBeLessThanOrEqual(early + 64);
  expect(readdirSync(join(path, 'store')).length).toBeLessThan(20);
});

it('[S39] notices a log that has lost its end, and goes on with what is left', async () => {
  const path = folder();
  const { journal } = await open(path);
  for (let index = 1; index <= 20; index += 1) await journal.accept(accepted({ id: `c${index}` })).finish(succeeded());
  const store = join(path, 'store');
  const [log] = readdirSync(store)
    .filter((name) => name.endsWith('.log'))
    .sort();
  const bytes = readFileSync(join(store, log!));
  await journal.close();
  writeFileSync(join(store, log!), bytes);
  truncateSync(join(store, log!), bytes.length - 1);
  const again = await open(path);
  await again.journal.close();
  expect(again.journal.recovery).toMatchObject({ outcomes: 19, previousRun: 'interrupted', setAside: false });
  expect(again.journal.recovery.missingWrites).toBeGreaterThan(0);
});

/** A small disk of its own; `undefined` where one cannot be made, because that takes the rights of an administrator. */
function smallDisk(): string | undefined {
  const mount = mkdtempSync(join(tmpdir(), 'sessiond-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', mount], { stdio: 'ignore' });
  } catch {
    rmSync(mount, { recursive: true });
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true });
  });
  return mount;
}

it('[S39] refuses while a real disk is full, goes on when it is not, and never takes a full one for a damaged journal', async (context) => {
  const disk = smallDisk();
  if (disk === undefined) return context.skip('a disk of its own takes the rights of an administrator');
  const path = join(disk, 'journal');
  const { journal } = await open(path, { retryMs: 20 });
  await journal.accept(accepted({ id: 'before' })).finish(succeeded({ kept: true }));
  const ballast = join(disk, 'ballast');
  const fill = (): void => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize)), { flag: 'a' });
  };
  fill();
  let refused = false;
  for (let index = 0; index < 200 && !refused; index += 1) {
    const recorded = (async () =>
      journal.accept(accepted({ id: `full${index}` })).finish(succeeded({ text: 'x'.repeat(10_000) })))();
    refused = await recorded.then(
      () => false,
      (error: { readonly code?: string }) => error.code === 'JOURNAL_UNAVAILABLE',
    );
  }
  expect(refused).toBe(true);
  expect(journal.health()).toMatchObject({ status: 'failed' });
  expect(numbers(await journal.history({ commandId: 'before' }))).toHaveLength(1);
  rmSync(ballast);
  await expect.poll(() => journal.snapshot().state).toBe('open');
  await journal.accept(accepted({ id: 'after' })).finish(succeeded());
  await journal.close();

  fill();
  await expect(open(path)).rejects.toMatchObject({ name: 'StartupError', code: 'JOURNAL_UNUSABLE' });
  expect(existsSync(path) && asideOf(path)).toEqual([]);
  rmSync(ballast);
  const again = await open(path);
  await again.journal.close();
  expect(again.commands.map(({ commandId }) => commandId)).toEqual(expect.arrayContaining(['before', 'after']));
  expect(again.journal.recovery).toMatchObject({ setAside: false, previousRun: 'ended', missingWrites: 0 });
});
