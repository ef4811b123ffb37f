import { MAX_BASH_OUTPUT_BYTES, MAX_DURATION_MS } from '@sessiond/protocol';
import type { OptionTable } from '../option-spec.ts';

/** The most any number of timeouts can be. */
const MAX_TIMEOUTS = 1_000_000;

/** Lines of shell that run beside terminals. */
export interface BashConfig {
  readonly bashTimeoutMs: number;
  readonly bashOutputBytes: number;
  readonly maxBashCommands: number;
  readonly bashTimeoutsPerSession: number | null;
  readonly bashTimeoutsTotal: number;
  readonly bashTimeoutWindowMs: number;
  readonly bashPauseMs: number;
}

/** The rows of the table for {@link BashConfig}. */
export const bashOptions: OptionTable<BashConfig> = Object.freeze({
  bashTimeoutMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: MAX_DURATION_MS,
    default: 120_000,
    help: 'How long a bash command may run that does not say so itself; then all its processes are ended.',
  },
  bashOutputBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 0,
    max: MAX_BASH_OUTPUT_BYTES,
    default: 256 * 1024,
    help: 'How much of the end of its output the answer to a bash command carries that does not say so itself.',
  },
  maxBashCommands: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 10_000,
    default: 64,
    help: 'The bash commands of all sessions that run at a time, those that have left processes behind included.',
  },
  bashTimeoutsPerSession: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_TIMEOUTS,
    noneWord: 'off',
    default: 10,
    help: 'Bash commands of one session that did not end in time, or for which the machine had no process, memory or descriptor to give, before it may run none for a while; off tries always, for everybody.',
  },
  bashTimeoutsTotal: {
    kind: 'integer',
    placeholder: 'count',
    min: 5,
    max: MAX_TIMEOUTS,
    default: 50,
    help: 'The same for all sessions together; one of them counts for at most a fifth.',
  },
  bashTimeoutWindowMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1000,
    max: 3_600_000,
    default: 120_000,
    help: 'How long such a command counts.',
  },
  bashPauseMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 30_000,
    help: 'How long no bash command is run after that; longer each time it did not help.',
  },
});
