import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PiEntry, PiMessage } from '../../src/pi/host/pi-api.ts';

/** An entry while it is made. */
type Entry = { -readonly [K in keyof PiEntry]: PiEntry[K] };

let counter = 0;
const nextId = () => `${process.pid}-${counter++}`;

/** Keeps a conversation the way pi 0.74 does: nothing is written before the first answer, and a file that is no conversation is overwritten. */
export class SessionManager {
  readonly #cwd: string;
  readonly #dir: string;
  #file: string;
  #header: { type: 'session'; id: string; cwd: string; timestamp: string; version: 3 };
  #entries: Entry[] = [];
  #leafId: string | null = null;
  #flushed = false;

  constructor(cwd: string, dir: string, file?: string) {
    this.#cwd = cwd;
    this.#dir = dir;
    this.#header = { type: 'session', id: nextId(), cwd, timestamp: new Date().toISOString(), version: 3 };
    this.#file = join(dir, `${Date.now()}_${this.#header.id}.jsonl`);
    if (file !== undefined) this.setSessionFile(file);
  }

  static create(cwd: string): SessionManager {
    const folder = `--${cwd.replace(/^\//, '').replace(/\//g, '-')}--`;
    const dir = join(process.env['PI_CODING_AGENT_DIR']!, 'sessions', folder);
    mkdirSync(dir, { recursive: true });
    return new SessionManager(cwd, dir);
  }

  static open(file: string, dir: string = dirname(file), cwd: string = process.cwd()): SessionManager {
    return new SessionManager(cwd, dir, file);
  }

  setSessionFile(file: string): void {
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    const [header, ...entries] = lines.flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
    if (header?.type !== 'session') {
      writeFileSync(file, `${JSON.stringify(this.#header)}\n`);
    } else {
      this.#header = header;
      this.#entries = entries;
      this.#leafId = entries.at(-1)?.id ?? null;
    }
    this.#flushed = true;
  }

  append(entry: Omit<Entry, 'id' | 'parentId' | 'timestamp'>): Entry {
    const whole = { ...entry, id: nextId(), parentId: this.#leafId, timestamp: new Date().toISOString() };
    this.#entries.push(whole);
    this.#leafId = whole.id;
    this._persist(whole);
    return whole;
  }

  _persist(entry: PiEntry): void {
    const answered = this.#entries.some(({ message }) => message?.role === 'assistant');
    if (!answered) {
      this.#flushed = false;
    } else if (this.#flushed) {
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
    } else {
      for (const each of [this.#header, ...this.#entries]) appendFileSync(this.#file, `${JSON.stringify(each)}\n`);
      this.#flushed = true;
    }
  }

  /** A new conversation with everything before an entry, or with that as well. */
  branch(entryId: string, position: 'before' | 'at'): SessionManager {
    const manager = new SessionManager(this.#cwd, this.#dir);
    const end = this.#entries.findIndex(({ id }) => id === entryId) + (position === 'at' ? 1 : 0);
    for (const entry of this.#entries.slice(0, end)) manager.append(entry);
    return manager;
  }

  goTo(entryId: string): void {
    this.#leafId = entryId;
  }

  messages(): PiMessage[] {
    return this.#entries.flatMap(({ message }) => (message === undefined ? [] : [message]));
  }

  getSessionFile(): string {
    return this.#file;
  }
  getSessionDir(): string {
    return this.#dir;
  }
  getSessionId(): string {
    return this.#header.id;
  }
  getCwd(): string {
    return this.#cwd;
  }
  getHeader(): unknown {
    return this.#header;
  }
  getEntries(): readonly PiEntry[] {
    return this.#entries;
  }
  getBranch(): readonly PiEntry[] {
    return this.#entries;
  }
  getLeafId(): string | null {
    return this.#leafId;
  }
  getLeafEntry(): PiEntry | undefined {
    return this.#entries.find(({ id }) => id === this.#leafId);
  }
  isPersisted(): boolean {
    return true;
  }
}
