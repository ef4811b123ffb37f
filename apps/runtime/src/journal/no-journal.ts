import type { CommandJournal, JournalEntry } from './command-journal.ts';

/**
 * Records nothing: the journal of mode `off`, and of a server that ends with its one client.
 *
 * Entries are numbered all the same; the numbers begin at 1 with every run.
 */
export class NoJournal implements CommandJournal {
  readonly mode = 'off';
  #number = 0;

  accept(): JournalEntry {
    this.#number += 1;
    return { number: this.#number, durable: undefined, finish: () => undefined, withdraw: () => {} };
  }
}
