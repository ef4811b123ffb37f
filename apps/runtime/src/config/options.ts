import type { OptionTable } from './option-spec.ts';
import { type AccessConfig, accessOptions } from './options/access-options.ts';
import { type AgentConfig, agentOptions } from './options/agent-options.ts';
import { type BashConfig, bashOptions } from './options/bash-options.ts';
import { type BreakersConfig, breakersOptions } from './options/breakers-options.ts';
import { type CommandsConfig, commandsOptions } from './options/commands-options.ts';
import { type ConnectionsConfig, connectionsOptions } from './options/connections-options.ts';
import { type JournalConfig, journalOptions } from './options/journal-options.ts';
import { type ListeningConfig, listeningOptions } from './options/listening-options.ts';
import { type OperationsConfig, operationsOptions } from './options/operations-options.ts';
import { type OutcomesConfig, outcomesOptions } from './options/outcomes-options.ts';
import { type SessionsConfig, sessionsOptions } from './options/sessions-options.ts';

/** Everything the daemon can be told, complete and within range. Meaning and ranges: `OPTIONS`. */
export interface Config
  extends ListeningConfig,
    AccessConfig,
    ConnectionsConfig,
    SessionsConfig,
    CommandsConfig,
    OutcomesConfig,
    BreakersConfig,
    BashConfig,
    AgentConfig,
    JournalConfig,
    OperationsConfig {}

/**
 * Every option of the daemon. Flags, environment variables, keys of the configuration file, `--help` and
 * `sessiond config` are all read from here.
 *
 * A key `bufferBytes` is the flag `--buffer-bytes`, the variable `SESSIOND_BUFFER_BYTES` and the key `bufferBytes`.
 */
export const OPTIONS: OptionTable<Config> = Object.freeze({
  ...listeningOptions,
  ...accessOptions,
  ...connectionsOptions,
  ...sessionsOptions,
  ...commandsOptions,
  ...outcomesOptions,
  ...breakersOptions,
  ...bashOptions,
  ...agentOptions,
  ...journalOptions,
  ...operationsOptions,
});

/** Every key of the table, in its order. */
export const OPTION_KEYS: readonly (keyof Config)[] = Object.freeze(Object.keys(OPTIONS) as (keyof Config)[]);

/** `bufferBytes` → `--buffer-bytes`. */
export function flagName(key: keyof Config): string {
  return `--${kebab(key)}`;
}

/** `bufferBytes` → `SESSIOND_BUFFER_BYTES`. */
export function environmentName(key: keyof Config): string {
  return `SESSIOND_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
