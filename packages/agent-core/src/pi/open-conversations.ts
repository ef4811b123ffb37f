import { realpathSync } from 'node:fs';
import { AgentStateError } from '../errors.ts';

/** Which conversation is open in which session: two writers would spoil its file. One file per session, forgotten with it. */
export class OpenConversations {
  readonly #sessions = new Map<string, string>();
  readonly #files = new Map<string, string>();

  /** Gives a file to a session, in place of the one it had. @throws AgentStateError when another session has it. */
  take(session: string, path: string): void {
    const file = realPath(path);
    const owner = this.#sessions.get(file);
    if (owner === session) return;
    if (owner !== undefined) throw new AgentStateError('Cannot open conversation: another session has it open');
    this.release(session);
    this.#sessions.set(file, session);
    this.#files.set(session, file);
  }

  /** Whether a session other than this one has the file. */
  isTaken(path: string, session?: string): boolean {
    const owner = this.#sessions.get(realPath(path));
    return owner !== undefined && owner !== session;
  }

  /** Frees what a session has. Idempotent. */
  release(session: string): void {
    const file = this.#files.get(session);
    if (file === undefined) return;
    this.#files.delete(session);
    this.#sessions.delete(file);
  }
}

/** The file itself, however it is named; a file that is not there yet by its name. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
