import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PiSettingsStorage } from './pi-api.ts';

/** Settings that make pi run something before it is asked to: code of packages and extensions, and the program that looks for them. */
const RUN_CODE = Object.freeze(['packages', 'extensions', 'npmCommand']);

/**
 * The settings of one session of pi: those in the files to begin with, and what the session changes only in memory, so that choosing a model in one session is no
 * default for the next, and no file is written.
 *
 * Where the workspace is not trusted, its own settings are left out, and of a person's those that would run code. A file that cannot be read is none. The silence
 * that pi itself allows a provider is that of this process, unless the person has chosen one.
 */
export function sessionSettings(options: {
  readonly cwd: string;
  readonly agentDir: string;
  readonly trusted: boolean;
  readonly silenceMs: number;
}): PiSettingsStorage {
  const { cwd, agentDir, trusted, silenceMs } = options;
  const global = { httpIdleTimeoutMs: silenceMs, ...readObject(join(agentDir, 'settings.json')) };
  const texts = new Map<string, string>();
  texts.set('global', JSON.stringify(trusted ? global : without(global, RUN_CODE)));
  if (trusted) texts.set('project', JSON.stringify(readObject(join(cwd, '.pi', 'settings.json'))));
  return {
    withLock: (scope, change) => {
      const changed = change(texts.get(scope));
      if (changed !== undefined) texts.set(scope, changed);
    },
  };
}

function readObject(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

function without(settings: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
}
