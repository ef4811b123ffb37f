import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { StartupError } from '../startup-error.ts';

/** A configuration file that was read. */
export interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Where the file is looked for when nobody names one. */
export function defaultConfigPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'sessiond', 'config.json');
}

/**
 * Reads the configuration file: the one named by `--config`, else by `SESSIOND_CONFIG`, else the default one.
 *
 * Returns `null` when nobody named a file and the default one does not exist.
 * Throws a `StartupError` when a named file is missing, unreadable or not a JSON object.
 */
export function readConfigFile(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): ConfigFile | null {
  const asked = named ?? (env['SESSIOND_CONFIG'] || undefined);
  const path = asked === undefined ? defaultConfigPath(env) : resolve(asked);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (asked === undefined && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new StartupError('CONFIG_INVALID', `Cannot read the configuration file ${path}: ${code}`, { cause });
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the text, and the file is nobody else's business.
    throw new StartupError('CONFIG_INVALID', `Cannot read the configuration file ${path}: it is not valid JSON`, {
      cause,
    });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new StartupError('CONFIG_INVALID', `Cannot read the configuration file ${path}: it is not a JSON object`);
  }
  return { path, values: values as Record<string, unknown> };
}
