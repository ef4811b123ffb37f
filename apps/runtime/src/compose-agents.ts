import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AgentBackend,
  type AgentProcesses,
  type AgentTerminals,
  AgentUnavailableError,
} from '@sessiond/agent-core';
import type { PipedProcesses, PtyManager } from '@sessiond/pty-core';
import type { Admission } from './admission/admission.ts';
import { agentEnvironment } from './agents/agent-environment.ts';
import type { AgentHosting } from './agents/agent-hosting.ts';
import type { AgentObserver } from './agents/agent-observer.ts';
import { LedgeredAgentProcesses } from './agents/agent-processes.ts';
import { type AgentProgram, parseAgentProgram } from './agents/agent-program.ts';
import { AgentShell } from './agents/agent-shell.ts';
import { ManagedAgentTerminals } from './agents/agent-terminals.ts';
import { LazyBackend } from './agents/lazy-backend.ts';
import { type AgentWatch, WatchedBackend } from './agents/watched-backend.ts';
import type { Config } from './config/config.ts';
import type { Logger } from './logger.ts';
import type { Shells } from './sessions/bash/shells.ts';

/** The script that runs pi, beside the daemon, which is one file; from its sources it is where the package has it. */
const PI_HOST = import.meta.url.endsWith('.ts') ? undefined : fileURLToPath(new URL('./pi-host.js', import.meta.url));

/** What agents are made of. */
export interface AgentsOptions {
  readonly config: Config;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Start what agents run in. */
  readonly processes: PipedProcesses;
  /** Runs what agents run in terminals. */
  readonly ptys: PtyManager;
  /** Run what their tools run. */
  readonly shells: Shells;
  readonly admission: Admission;
  readonly observer: AgentObserver;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** Builds what runs agents. Nothing of it is loaded before a session needs it. */
export function createAgentHosting(options: AgentsOptions): AgentHosting {
  const { config, env, shells, admission, ptys } = options;
  const terminals = new ManagedAgentTerminals(ptys);
  const processes = new LedgeredAgentProcesses(options.processes);
  const watch: AgentWatch = {
    observer: options.observer,
    logger: options.logger,
    onFirstToken: (sessionId, elapsedMs) => admission.modelAnswered(sessionId, elapsedMs),
    now: options.now ?? (() => performance.now()),
  };
  return {
    backends: createBackends({ ...options, agentProcesses: processes, terminals }, watch),
    observer: options.observer,
    roots: [...config.agentRoots, ...(config.agentBackends.includes('fake') ? [fakeFolder(config)] : [])],
    environment: (requested) => agentEnvironment(env, config.agentEnv, requested),
    shell: new AgentShell({ shells, admission, maxMs: config.agentShellMs }),
    endTerminals: (sessionId) => terminals.endSession(sessionId),
    maxSessions: config.maxAgentSessions,
    abortMs: config.agentAbortMs,
    dialogTimeoutMs: config.dialogTimeoutMs,
    maxDialogsPerSession: Math.min(config.maxDialogsPerSession, config.maxDialogs),
    maxDialogs: config.maxDialogs,
    logEvents: config.agentLogEvents,
    logBytes: config.agentLogBytes,
  };
}

/** What backends are made of. */
interface BackendParts extends Pick<AgentsOptions, 'config' | 'version' | 'env' | 'now'> {
  readonly agentProcesses: AgentProcesses;
  readonly terminals: AgentTerminals;
}

function createBackends(parts: BackendParts, watch: AgentWatch): ReadonlyMap<string, AgentBackend> {
  const { agentBackends, acpAgents } = parts.config;
  const kinds = agentBackends.map((kind) => new LazyBackend(kind, () => loadKind(kind, parts)));
  const programs = acpAgents
    .map(parseAgentProgram)
    .filter((program) => program !== undefined)
    .map((program) => new LazyBackend(program.name, () => loadAcp(parts, program)));
  return new Map([...kinds, ...programs].map((backend) => [backend.name, new WatchedBackend(backend, watch)]));
}

async function loadKind(kind: string, parts: BackendParts): Promise<AgentBackend> {
  if (kind === 'acp') return loadAcp(parts);
  if (kind === 'pi') return loadPi(parts);
  if (kind === 'fake') return loadFake(parts);
  throw new AgentUnavailableError(`Cannot use agents of ${kind}: this build has none`);
}

async function loadFake({ config }: BackendParts): Promise<AgentBackend> {
  const { FakeBackend } = await import('@sessiond/agent-core/fake');
  return new FakeBackend({ folder: fakeFolder(config), ...patience(config) });
}

async function loadPi({ config, agentProcesses }: BackendParts): Promise<AgentBackend> {
  const { PiBackend } = await import('@sessiond/agent-core/pi');
  return new PiBackend({
    processes: agentProcesses,
    packagePath: config.piPackage ?? undefined,
    nodePath: config.piNode ?? undefined,
    hostScript: PI_HOST,
    agentDir: config.piAgentDir,
    trustedWorkspaces: config.piTrust,
    spares: config.piSpares,
    ...patience(config),
  });
}

async function loadAcp(parts: BackendParts, program?: AgentProgram): Promise<AgentBackend> {
  const { AcpBackend } = await import('@sessiond/agent-core/acp');
  return new AcpBackend({
    name: program?.name,
    processes: parts.agentProcesses,
    terminals: parts.terminals,
    command: program?.command,
    args: program?.args,
    ...patience(parts.config),
    clientVersion: parts.version,
    now: parts.now,
  });
}

/** How long an agent is waited for, of whatever kind. */
function patience({ agentAbortMs, agentFirstTokenMs }: Config): { abortMs: number; firstTokenMs: number | undefined } {
  return { abortMs: agentAbortMs, firstTokenMs: agentFirstTokenMs ?? undefined };
}

/** Where the agent without a model keeps its conversations. */
function fakeFolder({ stateDir }: Config): string {
  return join(stateDir, 'fake-agent');
}
