import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that was said. */
export interface Said {
  readonly who: 'user' | 'agent';
  readonly text: string;
}

/** One conversation of the small agent. */
export interface AgentConversation {
  readonly sessionId: string;
  readonly cwd: string;
  readonly said: Said[];
  model: string;
  level: string;
  /** Aborted by `session/cancel`. */
  work: AbortController;
}

/** What an agent of this kind remembers on disk: a file of JSON for each conversation, whole after each prompt. */
export class ConversationFolder {
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  write({ sessionId, cwd, said }: AgentConversation): void {
    writeFileSync(this.#path(sessionId), JSON.stringify({ cwd, said }));
  }

  read(sessionId: string): { readonly cwd: string; readonly said: Said[] } | undefined {
    const path = this.#path(sessionId);
    return /^[\w-]+$/.test(sessionId) && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }

  list(): { readonly sessionId: string; readonly cwd: string; readonly title: string; readonly updatedAt: string }[] {
    return readdirSync(this.#folder).flatMap((file) => {
      const sessionId = file.replace(/\.json$/, '');
      const stored = this.read(sessionId);
      if (stored === undefined) return [];
      const updatedAt = statSync(join(this.#folder, file)).mtime.toISOString();
      return [{ sessionId, cwd: stored.cwd, title: stored.said[0]?.text ?? 'nothing', updatedAt }];
    });
  }

  #path(sessionId: string): string {
    return join(this.#folder, `${sessionId}.json`);
  }
}
