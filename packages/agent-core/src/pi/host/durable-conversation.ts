import { appendFileSync, closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import type { PiEntry, PiGeneration, PiSessionManager } from './pi-api.ts';

/** How a manager of 0.74 keeps an entry; the last release of that line is 0.74.2, so that its inside does not change any more. */
interface OldManager {
  _persist: (entry: PiEntry) => void;
}

/**
 * Has pi keep a conversation from its first prompt on. By itself it writes nothing before the first answer has ended, so that a prompt it has accepted is lost when
 * it is killed until then.
 *
 * Call it before a prompt is given to pi: the file is made with what the conversation holds, if it is not there, and pi told that it is. Does nothing for a
 * conversation that is not kept.
 */
export function keepFromFirstPrompt(manager: PiSessionManager, generation: PiGeneration): void {
  const file = manager.getSessionFile();
  if (!manager.isPersisted() || file === undefined) return;
  if (!existsSync(file)) {
    writeConversation(file, manager);
    manager.setSessionFile(file);
  }
  // From 0.80 on, entries of a conversation that has a file are added to it at once.
  if (generation === '0.74') (manager as unknown as OldManager)._persist = (entry) => keep(manager, entry);
}

function keep(manager: PiSessionManager, entry: PiEntry): void {
  const file = manager.getSessionFile();
  if (file === undefined) return;
  if (existsSync(file)) appendFileSync(file, `${JSON.stringify(entry)}\n`);
  else writeConversation(file, manager);
}

function writeConversation(file: string, manager: PiSessionManager): void {
  const lines = [manager.getHeader(), ...manager.getEntries()].map((entry) => `${JSON.stringify(entry)}\n`);
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(descriptor, lines.join(''));
  } finally {
    closeSync(descriptor);
  }
}
