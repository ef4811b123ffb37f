import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { parseAgentProgram } from '../agents/agent-program.ts';
import type { Config } from '../config/config.ts';
import type { ConfigFinding } from './config-finding.ts';

/**
 * What the configuration names for agents, as far as it can be looked at without running any of it. Nothing of it keeps a daemon from starting, but sessions
 * from having agents; what is not named is not looked at.
 */
export function agentFindings(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): readonly ConfigFinding[] {
  return [
    ...piFindings(config),
    ...programFindings(config, env),
    ...folderFindings(config),
    ...keyFindings(config, env),
  ];
}

function piFindings({ agentBackends, piPackage, piNode }: Config): ConfigFinding[] {
  if (!agentBackends.includes('pi')) return [];
  const findings: ConfigFinding[] = [];
  if (piPackage !== null) {
    const version = versionOf(piPackage);
    findings.push(
      version === undefined
        ? found('note', `The package of pi is not in ${piPackage}; sessions with pi are refused until it is`)
        : found('ok', `The package of pi is ${version}, in ${piPackage}`),
    );
  }
  if (piNode !== null) {
    findings.push(
      isExecutable(piNode)
        ? found('ok', `The Node that runs pi is ${piNode}`)
        : found(
            'note',
            `The Node that is to run pi cannot be run: ${piNode}; sessions with pi are refused until it can`,
          ),
    );
  }
  return findings;
}

function programFindings({ acpAgents }: Config, env: Readonly<Record<string, string | undefined>>): ConfigFinding[] {
  const programs = acpAgents.map(parseAgentProgram).filter((program) => program !== undefined);
  return programs.map(({ name, command }) =>
    isInPath(command, env['PATH'])
      ? found('ok', `The program of the agent ${name} is there: ${command}`)
      : found(
          'note',
          `The program of the agent ${name} is not there: ${command}; its sessions are refused until it is`,
        ),
  );
}

function folderFindings({ agentRoots, piTrust, piAgentDir }: Config): ConfigFinding[] {
  const named = agentRoots.filter((folder) => folder !== join(piAgentDir, 'sessions'));
  const missing = [...named, ...piTrust].filter((folder) => !isFolder(folder));
  const open = piTrust.filter((folder) => isFolder(folder) && isWritableByOthers(folder));
  return [
    ...missing.map((folder) => found('note', `There is no folder ${folder}, which agentRoots or piTrust names`)),
    ...open.map((folder) =>
      found('note', `Others may write to ${folder}, which piTrust names: what they put there, pi runs as you`),
    ),
  ];
}

/** Names only: what they hold is nobody's business. */
function keyFindings({ agentEnv }: Config, env: Readonly<Record<string, string | undefined>>): ConfigFinding[] {
  const missing = agentEnv.filter((name) => env[name] === undefined);
  return missing.map((name) => found('note', `The variable ${name}, which agentEnv names, is not in this environment`));
}

function versionOf(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

function isInPath(command: string, path = '/usr/local/bin:/usr/bin:/bin'): boolean {
  if (command.includes('/')) return isExecutable(command);
  return path.split(delimiter).some((folder) => isExecutable(resolve(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isWritableByOthers(folder: string): boolean {
  return (statSync(folder).mode & 0o022) !== 0;
}

function found(status: ConfigFinding['status'], message: string): ConfigFinding {
  return { status, check: 'agents', message };
}
