import { readFileSync } from 'node:fs';
import { WireClient } from '@sessiond/testkit';

/** A command with an id, as it is sent. */
export type Sent = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** What was sent over all lives of a daemon, and what of it was answered. */
export class Ledger {
  /** Answered commands with their answers, as text. */
  readonly acknowledged: Map<string, { readonly sent: Sent; readonly answer: string }> = new Map();
  /** Sent, and not answered. */
  readonly open: Map<string, Sent> = new Map();
  /** By session, the highest version that an answer named. */
  readonly versions: Map<string, number> = new Map();
  /** Sessions that were made and not deleted. */
  readonly sessions: Set<string> = new Set();
  #count = 0;

  /** A number that was not given before. */
  next(): number {
    this.#count += 1;
    return this.#count;
  }

  take(sent: Sent, answer: Record<string, unknown>): void {
    this.open.delete(sent.id);
    this.acknowledged.set(sent.id, { sent, answer: comparable(answer) });
    if (answer['success'] !== true) return;
    const { sessionId } = (answer['data'] as { sessionId?: string }) ?? {};
    if (sessionId === undefined) return;
    if (sent.type === 'create_session') this.sessions.add(sessionId);
    if (sent.type === 'delete_session') this.sessions.delete(sessionId);
    const version = Number(answer['sessionVersion'] ?? 0);
    this.versions.set(sessionId, Math.max(version, this.versions.get(sessionId) ?? 0));
  }
}

/** Everything of an answer but that it came from memory. */
export function comparable({ replayed: _, ...answer }: Record<string, unknown>): string {
  return JSON.stringify(answer);
}

/** How often each word stands in a file that `bash` commands append to. */
export function wordCounts(path: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of readFileSync(path, 'utf8').split('\n')) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/**
 * A client that makes, renames and deletes sessions and runs lines of shell, three commands at a time, every one with an id of its own, until the
 * daemon is gone. Everything is written down before it is sent and when it is answered.
 */
export async function loadUntilGone(socketPath: string, ledger: Ledger, file: string): Promise<void> {
  // It may be gone before anybody was connected.
  const wire = await WireClient.connect({ socketPath }).catch(() => undefined);
  if (wire === undefined) return;
  const own: string[] = [];
  const ask = async (sent: Sent): Promise<void> => {
    ledger.open.set(sent.id, sent);
    ledger.take(sent, await wire.command(sent));
  };
  const create = async (): Promise<void> => {
    const number = ledger.next();
    const sessionId = `s${number}`;
    await ask({ type: 'create_session', id: `c${number}`, sessionId, kind: 'pty', pty: { command: 'cat', args: [] } });
    own.push(sessionId);
  };
  const step = async (): Promise<void> => {
    const id = `c${ledger.next()}`;
    const sessionId = own[Math.floor(Math.random() * own.length)]!;
    const chance = Math.random();
    if (chance < 0.05) await create();
    else if (chance < 0.08 && own.length > 1) {
      own.splice(own.indexOf(sessionId), 1);
      await ask({ type: 'delete_session', id, sessionId, gracePeriodMs: 0 });
    } else if (chance < 0.3) await ask({ type: 'bash', id, sessionId, command: `echo ${id} >> ${file}` });
    else await ask({ type: 'set_session_name', id, sessionId, name: `name of ${id}` });
  };
  const work = async (): Promise<never> => {
    await create();
    const many = async (): Promise<never> => {
      for (;;) await step();
    };
    return Promise.race([many(), many(), many()]);
  };
  await Promise.race([work(), wire.closed]);
}
