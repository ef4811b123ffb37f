import type { OptionTable } from '../option-spec.ts';
import { DAY_MS, KIB, MIB } from '../units.ts';

/** How much is remembered of commands that were answered. */
export interface OutcomesConfig {
  readonly maxOutcomes: number;
  readonly outcomeBytes: number;
  readonly maxIdempotencyKeys: number;
  readonly idempotencyBytes: number;
  readonly idempotencyMs: number;
}

/** The rows of the table for {@link OutcomesConfig}. */
export const outcomesOptions: OptionTable<OutcomesConfig> = Object.freeze({
  maxOutcomes: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 100_000_000,
    default: 1_000_000,
    help: 'Outcomes of commands that are remembered, so that a command sent again is answered and not run; the oldest go first.',
  },
  outcomeBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 4 * KIB,
    max: 16_384 * MIB,
    default: 64 * MIB,
    help: 'Memory for these outcomes, about 300 bytes each; taken as they come.',
  },
  maxIdempotencyKeys: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 100_000_000,
    default: 100_000,
    help: 'Idempotency keys that are remembered with their outcomes.',
  },
  idempotencyBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 4 * KIB,
    max: 16_384 * MIB,
    default: 16 * MIB,
    help: 'Memory for idempotency keys and their outcomes.',
  },
  idempotencyMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 30 * DAY_MS,
    default: 600_000,
    help: 'How long an idempotency key is remembered.',
  },
});
