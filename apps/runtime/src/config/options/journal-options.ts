import type { JournalMode } from '@sessiond/protocol';
import type { OptionTable } from '../option-spec.ts';
import { DAY_MS, GIB, MIB } from '../units.ts';

/** The record of commands that outlives the daemon. */
export interface JournalConfig {
  readonly journal: JournalMode;
  readonly journalMaxEntries: number | null;
  readonly journalMaxAgeMs: number | null;
  readonly journalMaxBytes: number | null;
}

/** The rows of the table for {@link JournalConfig}. */
export const journalOptions: OptionTable<JournalConfig> = Object.freeze({
  journal: {
    kind: 'choice',
    choices: ['off', 'async', 'sync'],
    default: 'sync',
    help: 'Record commands that change something: on the disk before they are answered, soon after, or not at all.',
  },
  journalMaxEntries: {
    kind: 'integer',
    placeholder: 'count',
    min: 1_000,
    max: 10_000_000,
    noneWord: 'off',
    default: 100_000,
    help: 'Commands that the journal keeps; the oldest go.',
  },
  journalMaxAgeMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 60_000,
    max: 3_650 * DAY_MS,
    noneWord: 'never',
    default: 7 * DAY_MS,
    help: 'How long the journal keeps a command.',
  },
  journalMaxBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: MIB,
    max: 1024 * GIB,
    noneWord: 'off',
    default: 256 * MIB,
    help: 'Size of the commands that the journal keeps; the oldest go.',
  },
});
