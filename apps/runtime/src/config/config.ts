import { homedir } from 'node:os';
import { StartupError } from '../startup-error.ts';
import type { ConfigFile } from './config-file.ts';
import { allowedText } from './option-spec.ts';
import { type Config, environmentName, flagName, OPTION_KEYS, OPTIONS } from './options.ts';
import { assertSafe } from './safety.ts';
import { type OptionValue, parseValue } from './values.ts';

export type { Config } from './options.ts';

/** Where a value came from. */
export type Origin = 'default' | 'file' | 'environment' | 'flag';

/** Where values may come from; what stands later in `Origin` wins. */
export interface ConfigSources {
  /** Values of flags that were given, by option key; text or, for a switch, `true`. */
  readonly flags: Readonly<Partial<Record<keyof Config, unknown>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: ConfigFile | null;
  readonly homeDir?: string;
}

/** The configuration, and for each option where its value came from. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<keyof Config, Origin>>;
}

/**
 * Resolves every option once: flag before environment before file before default.
 *
 * Throws a `StartupError` that names the option, where the value came from and what is allowed: for a value out of range, an
 * unknown key in the file, and for combinations that would open the daemon to strangers. An empty variable counts as not set.
 */
export function resolveConfig({ flags, env, file, homeDir = homedir() }: ConfigSources): ResolvedConfig {
  for (const key of Object.keys(file?.values ?? {})) {
    if (!Object.hasOwn(OPTIONS, key)) {
      throw new StartupError(
        'CONFIG_INVALID',
        `Cannot use the configuration file ${file!.path}: it has the unknown key ${JSON.stringify(key.slice(0, 64))}; known are ${OPTION_KEYS.join(', ')}`,
      );
    }
  }
  const values: Partial<Record<keyof Config, OptionValue>> = {};
  const origins: Partial<Record<keyof Config, Origin>> = {};
  for (const key of OPTION_KEYS) {
    const spec = OPTIONS[key];
    const given = findValue(key, flags, env, file);
    if (given === null) {
      values[key] =
        typeof spec.default === 'function'
          ? spec.default({ env, homeDir, resolved: values as Partial<Config> })
          : spec.default;
      origins[key] = 'default';
      continue;
    }
    const parsed = parseValue(spec, given.raw);
    if (!parsed.ok) {
      throw new StartupError(
        'CONFIG_INVALID',
        `Cannot use option ${key} from ${given.place}: found ${parsed.found}, allowed is ${allowedText(spec)}`,
      );
    }
    values[key] = parsed.value;
    origins[key] = given.origin;
  }
  const config = Object.freeze(values) as unknown as Config;
  assertSafe(config);
  return { config, origins: Object.freeze(origins) as Record<keyof Config, Origin> };
}

function findValue(
  key: keyof Config,
  flags: ConfigSources['flags'],
  env: ConfigSources['env'],
  file: ConfigFile | null,
): { raw: unknown; origin: Origin; place: string } | null {
  if (flags[key] !== undefined) return { raw: flags[key], origin: 'flag', place: `the flag ${flagName(key)}` };
  const variable = environmentName(key);
  if (env[variable])
    return { raw: env[variable], origin: 'environment', place: `the environment variable ${variable}` };
  if (file !== null && Object.hasOwn(file.values, key)) {
    return { raw: file.values[key], origin: 'file', place: `the configuration file ${file.path}` };
  }
  return null;
}
