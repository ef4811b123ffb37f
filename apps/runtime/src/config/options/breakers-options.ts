import type { OptionTable } from '../option-spec.ts';

/** The most any budget of commands can be. */
const MAX_COMMANDS = 1_000_000;

/** When something that keeps failing is not tried for a while. */
export interface BreakersConfig {
  readonly spawnFailuresPerPrincipal: number | null;
  readonly spawnFailuresTotal: number;
  readonly spawnFailureWindowMs: number;
  readonly spawnPauseMs: number;
  readonly providerFailures: number | null;
  readonly providerFailureWindowMs: number;
  readonly providerSlowMs: number;
  readonly providerPauseMs: number;
}

/** The rows of the table for {@link BreakersConfig}. */
export const breakersOptions: OptionTable<BreakersConfig> = Object.freeze({
  spawnFailuresPerPrincipal: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 10,
    help: 'Programs of one principal that could not be started for want of resources or time, before it may start none for a while; off tries always, for everybody.',
  },
  spawnFailuresTotal: {
    kind: 'integer',
    placeholder: 'count',
    // Below, a single failure would be more than the fifth.
    min: 5,
    max: MAX_COMMANDS,
    default: 50,
    help: 'The same for all principals together; one of them counts for at most a fifth.',
  },
  spawnFailureWindowMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1000,
    max: 3_600_000,
    default: 120_000,
    help: 'How long a program that could not be started counts.',
  },
  spawnPauseMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 30_000,
    help: 'How long no program is started after that; longer each time it did not help.',
  },
  providerFailures: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 5,
    help: 'Prompts that one model could not answer because its provider failed or was too slow, before it is not asked for a while; off asks always.',
  },
  providerFailureWindowMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1000,
    max: 3_600_000,
    default: 120_000,
    help: 'How long such a prompt counts; agentFirstTokenMs longer while no prompt was answered since.',
  },
  providerSlowMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 60_000,
    help: 'How long a provider may take to the first piece of an answer, the time not counted that a person is asked; one that took longer counts as failed, however it went on.',
  },
  providerPauseMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 30_000,
    help: 'How long a provider that failed is not asked; longer each time it did not help.',
  },
});
