import { lstatSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Config, ResolvedConfig } from '../config/config.ts';
import { resolveConfig } from '../config/config.ts';
import { type ConfigFile, readConfigFile } from '../config/config-file.ts';
import { urlHost } from '../http/host-name.ts';
import { listen } from '../http/listen.ts';
import { assertSocketPathFits } from '../http/listen-unix.ts';
import { identifyListener } from '../identify-listener.ts';
import { EXIT_CODES, isStartupError } from '../startup-error.ts';
import { agentFindings } from './agent-findings.ts';
import type { ConfigFinding } from './config-finding.ts';
import { fileFindings, folderFinding, lookAt } from './path-findings.ts';

/** Where the configuration comes from. */
export interface CheckConfigOptions {
  readonly flags: Parameters<typeof resolveConfig>[0]['flags'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configFile: string | undefined;
}

/**
 * Looks whether a daemon would start with this configuration: its options, whether they are safe together, its folders and files, and whether it could
 * listen. Creates and changes nothing; the port is bound for a moment. Never rejects.
 */
export async function checkConfig({ flags, env, configFile }: CheckConfigOptions): Promise<readonly ConfigFinding[]> {
  let file: ConfigFile | null;
  let resolved: ResolvedConfig;
  try {
    file = readConfigFile(configFile, env);
    resolved = resolveConfig({ flags, env, file });
  } catch (error) {
    if (!isStartupError(error)) throw error;
    return [{ status: 'problem', check: 'options', message: error.message }];
  }
  const { config, origins } = resolved;
  const given = Object.values(origins).filter((origin) => origin !== 'default').length;
  const from = file === null ? 'no configuration file' : `the configuration file ${file.path}`;
  return [
    { status: 'ok', check: 'options', message: `The options are valid: ${given} are set, with ${from}` },
    folderFinding('state-folder', 'state folder', config.stateDir),
    ...fileFindings(config),
    ...agentFindings(config, env),
    ...(config.noSocket ? [] : [await socketFinding(config)]),
    ...(config.noTcp ? [] : [await portFinding(config)]),
  ];
}

/** The findings for people: one sentence per line. */
export function findingsText(findings: readonly ConfigFinding[]): string {
  return findings.map(({ status, message }) => `${status.padEnd('problem'.length)}  ${message}\n`).join('');
}

/** The findings for programs. */
export function findingsJson(findings: readonly ConfigFinding[]): string {
  return `${JSON.stringify({ ok: findings.every(isFine), findings }, null, 2)}\n`;
}

/** What the process exits with. */
export function findingsExitCode(findings: readonly ConfigFinding[]): number {
  return findings.every(isFine) ? EXIT_CODES.done : EXIT_CODES.usage;
}

function isFine({ status }: ConfigFinding): boolean {
  return status !== 'problem';
}

async function socketFinding({ socket }: Config): Promise<ConfigFinding> {
  const check = 'socket';
  try {
    assertSocketPathFits(socket);
  } catch (error) {
    if (!isStartupError(error)) throw error;
    return { status: 'problem', check, message: error.message };
  }
  const found = lookAt(socket, lstatSync);
  if (found !== undefined && 'code' in found) {
    return { status: 'problem', check, message: `The socket ${socket} cannot be looked at: ${found.code}` };
  }
  if (found === undefined) {
    const folder = folderFinding(check, 'folder of the socket', dirname(socket));
    return folder.status === 'problem' ? folder : { status: 'ok', check, message: `The socket is free: ${socket}` };
  }
  if (!found.isSocket()) {
    return {
      status: 'problem',
      check,
      message: `A file that is no socket lies at ${socket}; name another with --socket`,
    };
  }
  const listener = await identifyListener({ socketPath: socket });
  if (listener.kind === 'daemon') {
    const message = `sessiond with pid ${listener.pid} serves the socket ${socket}; a second one would not start`;
    return { status: 'note', check, message };
  }
  return listener.kind === 'nobody'
    ? { status: 'ok', check, message: `The socket ${socket} was left by a daemon that is gone, and is taken over` }
    : {
        status: 'problem',
        check,
        message: `A process holds the socket ${socket} and does not answer; stop it, or name another`,
      };
}

async function portFinding({ host, port }: Config): Promise<ConfigFinding> {
  const check = 'port';
  const address = `${urlHost(host)}:${port}`;
  const server = createServer();
  try {
    await listen(server, { host, port });
    server.close();
    return { status: 'ok', check, message: `The address is free: ${address}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const listener = code === 'EADDRINUSE' ? await identifyListener({ host, port }) : null;
    if (listener?.kind === 'daemon') {
      const message = `sessiond with pid ${listener.pid} listens on ${address}; a second one would not start`;
      return { status: 'note', check, message };
    }
    return { status: 'problem', check, message: `Cannot listen on ${address}: ${code}; choose another with --port` };
  }
}
