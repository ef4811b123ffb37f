import {
  type GetCommandHistoryData,
  type InterruptedCommand,
  ProtocolError,
  type RecoverySummary,
} from '@sessiond/protocol';
import type { CommandJournal, JournalEntry } from './command-journal.ts';
import type { JournalRecords } from './journal-records.ts';

/**
 * Records nothing: the journal of mode `off`, and of a server that ends with its one client.
 *
 * Entries are numbered all the same; the numbers begin at 1 with every run.
 */
export class NoJournal implements CommandJournal, JournalRecords {
  readonly mode = 'off';
  readonly recovery: RecoverySummary = {
    journal: 'off',
    recoveredAt: new Date().toISOString(),
    durationMs: 0,
    previousRun: 'none',
    outcomes: 0,
    interrupted: 0,
    sessions: 0,
    lostSessions: 0,
    missingWrites: 0,
    damagedRecords: 0,
    setAside: false,
  };
  #number = 0;

  accept(): JournalEntry {
    this.#number += 1;
    return { number: this.#number, durable: undefined, finish: () => undefined, withdraw: () => {} };
  }

  interrupted(): readonly InterruptedCommand[] {
    return [];
  }

  async history(): Promise<GetCommandHistoryData> {
    throw new ProtocolError('INVALID_STATE', 'Cannot list recorded commands: this server keeps no journal');
  }
}
