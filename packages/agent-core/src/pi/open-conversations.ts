import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AgentStateError } from '../errors.ts';

/** Which conversation is open in which session: two writers would spoil its file. One file per session, and a second one while it goes from one to the other. */
export class OpenConversations {
  readonly #sessions = new Map<string, string>();
  readonly #files = new Map<string, ReadonlySet<string>>();

  /** Gives a file to a session, beside the one it has. @throws AgentStateError when another session has it. */
  take(session: string, path: string): void {
    const file = realPath(path);
    const owner = this.#sessions.get(file);
    if (owner === session) return;
    if (owner !== undefined) throw new AgentStateError('Cannot open conversation: another session has it open');
    this.#sessions.set(file, session);
    this.#files.set(session, new Set([...(this.#files.get(session) ?? []), file]));
  }

  /** Gives a file to a session, in place of all it had. @throws AgentStateError when another session has it; nothing has changed then. */
  move(session: string, path: string): void {
    this.take(session, path);
    const file = realPath(path);
    for (const other of this.#files.get(session) ?? []) if (other !== file) this.#sessions.delete(other);
    this.#files.set(session, new Set([file]));
  }

  /** Frees what a session has. Idempotent. */
  release(session: string): void {
    for (const file of this.#files.get(session) ?? []) this.#sessions.delete(file);
    this.#files.delete(session);
  }
}

/** The file itself, however it is named; one that is not there yet by its name in the folder itself. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
