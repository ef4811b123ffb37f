import { accessSync, closeSync, constants, openSync, readdirSync, readSync, statfsSync, statSync } from 'node:fs';
import { totalmem, userInfo } from 'node:os';
import type { FileFacts, Machine, Room } from './machine.ts';

const MAX_TEXT_BYTES = 64 * 1024;

/** The machine that this process runs on. */
export function localMachine(): Machine {
  return {
    uid: process.getuid?.() ?? -1,
    userName: attempt(() => userInfo().username) ?? '',
    nodeVersion: process.versions.node,
    memoryBytes: totalmem(),
    now: Date.now,
    file: (path) => attempt(() => fileFacts(path)),
    read: (path) => attempt(() => beginning(path)),
    entries: (path) => attempt(() => readdirSync(path).length),
    room: (path) => attempt(() => room(path)),
    mayWrite: (path) => attempt(() => isWritable(path)) ?? false,
    isAlive,
  };
}

function fileFacts(path: string): FileFacts {
  const stats = statSync(path);
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSocket() ? 'socket' : 'other';
  return { kind, uid: stats.uid, mode: stats.mode & 0o777 };
}

/** Files of the kernel have no size to go by. */
function beginning(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MAX_TEXT_BYTES);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function isWritable(path: string): true {
  accessSync(path, constants.W_OK);
  return true;
}

function room(path: string): Room {
  const { bavail, bsize, ffree, files } = statfsSync(path);
  return { freeBytes: bavail * bsize, freeFiles: files === 0 ? undefined : ffree };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
