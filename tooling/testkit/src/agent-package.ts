import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the pinned agents are installed; outside of the workspace's dependencies, for together they are ten times as large. */
export const AGENTS_DIR: string = fileURLToPath(new URL('../../../.cache/agents', import.meta.url));

/** What tests call an agent. */
export type AgentName = 'pi-0.74' | 'pi-0.87' | 'opencode' | 'gemini' | 'node24';

/** One package that `npm run test:agents` installs. */
interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** The program, from the root of the install. */
  readonly program: string;
}

/**
 * The agents that tests talk to, and the Node that the newer pi needs.
 *
 * pi 0.74.2 is the last that runs on Node 20; 0.87.1 is the newest whose dependencies the registry has whole (0.99 and 1.0 to 1.5 depend on packages
 * that it lacks), and needs Node 22.19.
 */
const PINNED: Readonly<Record<AgentName, PinnedPackage>> = {
  'pi-0.74': {
    name: '@earendil-works/pi-coding-agent',
    version: '0.74.2',
    program: 'node_modules/@earendil-works/pi-coding-agent/dist/cli.js',
  },
  'pi-0.87': {
    name: '@earendil-works/pi-coding-agent',
    version: '0.87.1',
    program: 'node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js',
  },
  opencode: {
    name: 'opencode-ai',
    version: '1.18.33',
    // Its own program only looks for this one.
    program: `node_modules/opencode-${process.platform}-${process.arch}/bin/opencode`,
  },
  gemini: {
    name: '@google/gemini-cli',
    version: '0.61.0',
    program: 'node_modules/@google/gemini-cli/bundle/gemini.js',
  },
  node24: {
    name: `node-${process.platform}-${process.arch}`,
    version: '24.21.0',
    program: `node_modules/node-${process.platform}-${process.arch}/bin/node`,
  },
};

/** The name of each agent. */
export const AGENT_NAMES: readonly AgentName[] = Object.keys(PINNED) as AgentName[];

/** An agent that is installed, or would be. */
export interface AgentPackage {
  /** `<package>@<version>`, as npm installs it. */
  readonly spec: string;
  /** The folder that has `node_modules`. */
  readonly rootDir: string;
  /** The folder of the package itself. */
  readonly packageDir: string;
  /** The file to run: by a Node for pi and gemini, by itself for opencode and Node. */
  readonly programPath: string;
}

/** Where an agent lies, or will, in `agentsDir`. */
export function agentPlace(name: AgentName, agentsDir: string = AGENTS_DIR): AgentPackage {
  const { name: packageName, version, program } = PINNED[name];
  const rootDir = join(agentsDir, `${name}@${version}`);
  return {
    spec: `${packageName}@${version}`,
    rootDir,
    packageDir: join(rootDir, 'node_modules', packageName),
    programPath: join(rootDir, program),
  };
}

/** An agent that `npm run test:agents` has installed; undefined when it could not, and where it has not run. */
export function agentPackage(name: AgentName): AgentPackage | undefined {
  const place = agentPlace(name);
  return existsSync(place.programPath) ? place : undefined;
}

/** An agent for a test, which is skipped with a reason where there is none. */
export function needAgent(context: { skip(note: string): never }, name: AgentName): AgentPackage {
  return (
    agentPackage(name) ?? context.skip(`needs ${agentPlace(name).spec}, which npm run test:agents could not install`)
  );
}
