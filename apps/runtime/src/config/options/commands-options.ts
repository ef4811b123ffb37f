import type { OptionTable } from '../option-spec.ts';

/** The most any budget of commands can be. */
const MAX_COMMANDS = 1_000_000;

/** How many commands, at what rate. */
export interface CommandsConfig {
  readonly dataCommandsPerMinute: number | null;
  readonly controlCommandsPerMinute: number | null;
  readonly totalCommandsPerMinute: number | null;
  readonly principalSharePercent: number;
  readonly maxInflightCommands: number | null;
  readonly maxInflightPerPrincipal: number | null;
  readonly laneQueueCommands: number;
  readonly laneQueueMs: number;
}

/** The rows of the table for {@link CommandsConfig}. */
export const commandsOptions: OptionTable<CommandsConfig> = Object.freeze({
  dataCommandsPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 100,
    help: 'Data commands, such as create_session, that one principal may send per minute and session; those that make a session share one budget.',
  },
  controlCommandsPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 1000,
    help: 'Control commands, which are all others, that one principal may send per minute.',
  },
  totalCommandsPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 10_000,
    help: 'Commands of all principals together per minute.',
  },
  principalSharePercent: {
    kind: 'integer',
    placeholder: 'percent',
    min: 1,
    max: 100,
    default: 50,
    help: 'The most that one principal may take of totalCommandsPerMinute, so that others still get through.',
  },
  maxInflightCommands: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 10_000,
    help: 'Commands of all principals that wait or run at the same time.',
  },
  maxInflightPerPrincipal: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: MAX_COMMANDS,
    noneWord: 'off',
    default: 1000,
    help: 'Commands of one principal that wait or run at the same time.',
  },
  laneQueueCommands: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 100_000,
    default: 100,
    help: 'Data commands of one session that may wait for the one that runs.',
  },
  laneQueueMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 3_600_000,
    default: 30_000,
    help: 'How long a data command may wait for the ones before it; after that it never runs.',
  },
});
