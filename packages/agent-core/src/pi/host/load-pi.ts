import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AgentUnavailableError } from '../../errors.ts';
import type { HostStart } from '../channel/host-vocabulary.ts';
import { readPiPackage } from '../pi-package.ts';
import { allowSilence } from './http-silence.ts';
import type { Pi } from './pi-api.ts';
import type { ProviderWatch } from './provider-watch.ts';

/**
 * Loads pi into this process, which is its own: no telemetry, no look for new versions, its requests watched and allowed to be silent.
 * @throws AgentUnavailableError when the package is none that can be used, or needs a newer Node.
 */
export async function loadPi(
  start: HostStart,
  watch: ProviderWatch,
): Promise<{ readonly pi: Pi; readonly version: string }> {
  const found = readPiPackage(start.packageDir, (path) => readFileSync(path, 'utf8'));
  if (olderThan(process.versions.node, found.node)) {
    throw new AgentUnavailableError(
      `Cannot run pi ${found.version}: it needs Node ${found.node} or newer, this is ${process.versions.node}; choose another Node for it, or install pi 0.74`,
    );
  }
  Object.assign(process.env, {
    PI_CODING_AGENT_DIR: start.agentDir,
    PI_OFFLINE: '1',
    PI_SKIP_VERSION_CHECK: '1',
    PI_TELEMETRY: '0',
  });
  const entry = join(start.packageDir, found.entry);
  allowSilence(entry, start.silenceMs, process.env);
  globalThis.fetch = watch.wrap(globalThis.fetch);
  let pi: Pi;
  try {
    pi = (await import(pathToFileURL(entry).href)) as Pi;
  } catch (error) {
    throw new AgentUnavailableError(`Cannot run pi ${found.version}: its package cannot be loaded; install it again`, {
      cause: error,
    });
  }
  pi.initTheme?.();
  return { pi, version: found.version };
}

function olderThan(version: string, required: string): boolean {
  const [have, need] = [version, required].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const [index, part] of need.entries()) {
    if ((have[index] ?? 0) !== part) return (have[index] ?? 0) < part;
  }
  return false;
}
