import type { OptionTable } from '../option-spec.ts';

/** Levels of the log, most important first. */
export const LOG_LEVELS: readonly ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] = Object.freeze([
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
]);

/** How the daemon ends and what it tells. */
export interface OperationsConfig {
  readonly drainMs: number;
  readonly alertIntervalMs: number;
  readonly alertWebhook: string | null;
  readonly slowCommandMs: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** The rows of the table for {@link OperationsConfig}. */
export const operationsOptions: OptionTable<OperationsConfig> = Object.freeze({
  drainMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 3_600_000,
    default: 30_000,
    help: 'Time for running work after SIGTERM.',
  },
  alertIntervalMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 30_000,
    default: 5000,
    help: 'Time between two looks at the rules for alerts.',
  },
  alertWebhook: {
    kind: 'text',
    placeholder: 'url',
    noneWord: 'off',
    secret: true,
    default: null,
    defaultText: 'off',
    help: 'URL that alerts are posted to as JSON; better in the environment or the file than in a command line, if it is a secret.',
  },
  slowCommandMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: 3_600_000,
    default: 1000,
    help: 'A command that runs at least this long is logged, unless waiting is what it is for.',
  },
  logLevel: {
    kind: 'choice',
    choices: LOG_LEVELS,
    default: 'info',
    help: 'Least important level that is logged.',
  },
});
