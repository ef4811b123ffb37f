import type { OptionTable } from '../option-spec.ts';
import { DAY_MS, KIB, MAX_TIMER_MS, MIB } from '../units.ts';

/** What sessions get when their creator names nothing. */
export interface SessionsConfig {
  readonly bufferBytes: number;
  readonly maxPtys: number;
  readonly retentionMs: number;
  readonly graceMs: number;
  readonly idleTimeoutMs: number | null;
  readonly maxLifetimeMs: number | null;
  readonly maxIdleMs: number | null;
}

/** The rows of the table for {@link SessionsConfig}. */
export const sessionsOptions: OptionTable<SessionsConfig> = Object.freeze({
  bufferBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 4 * KIB,
    max: 1024 * MIB,
    default: 4 * MIB,
    help: 'Output kept per terminal.',
  },
  maxPtys: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 10_000,
    default: 300,
    help: 'Terminals at the same time.',
  },
  retentionMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 30 * DAY_MS,
    default: 3_600_000,
    help: 'How long a finished session stays readable.',
  },
  graceMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 600_000,
    default: 5000,
    help: 'Time between the polite and the forced end of a child.',
  },
  idleTimeoutMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: MAX_TIMER_MS,
    noneWord: 'never',
    default: 300_000,
    help: 'Time without output after which a terminal counts as throttled.',
  },
  maxLifetimeMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: MAX_TIMER_MS,
    noneWord: 'never',
    default: null,
    defaultText: 'never',
    help: 'Age at which a session is ended; told a minute before, or half of it if that is less.',
  },
  maxIdleMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: MAX_TIMER_MS,
    noneWord: 'never',
    default: null,
    defaultText: 'never',
    help: 'Time without input, output and bash commands after which a session is ended; told a minute before, or half of it if that is less.',
  },
});
