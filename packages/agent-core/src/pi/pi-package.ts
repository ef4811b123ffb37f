import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AgentUnavailableError } from '../errors.ts';

/** The name under which pi is published. */
const NAME = '@earendil-works/pi-coding-agent';
/** Versions whose interface is known; those between load on no Node, or have another one. */
const RANGE = '>=0.74.0 <0.75.0 || >=0.80.8 <2';

/** What the package says of itself. */
export interface PiPackage {
  readonly version: string;
  /** Its main module, relative to its folder. */
  readonly entry: string;
  /** The oldest Node it runs on. */
  readonly node: string;
}

/**
 * The folder of the package of pi: the given one, or the next `node_modules` above one of the folders that has it.
 * @throws AgentUnavailableError saying what to install.
 */
export function findPiPackage(given: string | undefined, above: readonly string[]): string {
  const candidates = given === undefined ? above.flatMap(nodeModulesAbove) : [given];
  const found = candidates.find((folder) => existsSync(join(folder, 'package.json')));
  if (found !== undefined) return found;
  throw new AgentUnavailableError(
    given === undefined
      ? `Cannot run pi: install ${NAME}@0.74 on Node 20, or ${NAME}@1 on Node 22.19 and newer, or name the folder of an installed one`
      : `Cannot run pi: the folder named for it holds no package; install ${NAME} there`,
  );
}

/**
 * What a package says of itself.
 * @throws AgentUnavailableError when it is not pi, or of a version whose interface is not known.
 */
export function readPiPackage(folder: string, read: (path: string) => string): PiPackage {
  let manifest: Record<string, unknown>;
  try {
    manifest = JSON.parse(read(join(folder, 'package.json')));
  } catch (error) {
    throw new AgentUnavailableError(`Cannot run pi: its package cannot be read; install ${NAME} again`, {
      cause: error,
    });
  }
  const { name, version, main, engines } = manifest;
  if (name !== NAME || typeof version !== 'string') {
    throw new AgentUnavailableError(
      `Cannot run pi: the folder named for it holds another package; install ${NAME} there`,
    );
  }
  if (!isKnownVersion(version)) {
    throw new AgentUnavailableError(`Cannot run pi ${version}: install ${NAME} of a version ${RANGE}`);
  }
  const node = typeof engines === 'object' && engines !== null && 'node' in engines ? String(engines.node) : '';
  return {
    version,
    entry: typeof main === 'string' ? main : 'dist/index.js',
    node: /\d+(\.\d+)*/.exec(node)?.[0] ?? '20.6.0',
  };
}

/** Whether the interface of a version is known. */
export function isKnownVersion(version: string): boolean {
  const [, major = 0, minor = 0, patch = 0] = (/^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major === 1) return true;
  return major === 0 && (minor === 74 || minor > 80 || (minor === 80 && patch >= 8));
}

function nodeModulesAbove(folder: string): readonly string[] {
  const here = join(folder, 'node_modules', NAME);
  const parent = dirname(folder);
  return parent === folder ? [here] : [here, ...nodeModulesAbove(parent)];
}
