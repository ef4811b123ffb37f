import { AgentInputError } from '../../errors.ts';
import type { HostOpen, HostStart, HostWorkspace } from '../channel/host-vocabulary.ts';
import { mustBeConversation } from '../conversation-header.ts';
import { findModel, modelsOf } from './models.ts';
import type { Pi, PiBashOperations, PiModel, PiRuntime, PiServices, PiSession, PiSessionManager } from './pi-api.ts';
import { sessionSettings } from './session-settings.ts';

/** Where and with what sessions of a process are made. */
export interface RuntimeContext {
  readonly pi: Pi;
  readonly start: HostStart;
  readonly workspace: HostWorkspace;
}

/**
 * Makes a session of pi, the same way in both generations.
 *
 * Settings are of the session alone; code of the workspace runs only where it is trusted; lines of shell run through `bash`. A file is looked at before pi opens
 * it, since 0.74 writes over any file that is no conversation. When the conversation is exchanged the session stays in its workspace, wherever the other one was
 * begun, and keeps its settings; one that says nothing of a model goes on with that of the one before.
 * @throws AgentInputError for a model or a level of thinking that pi does not have.
 */
export async function openRuntime(
  { pi, start, workspace }: RuntimeContext,
  open: HostOpen,
  bash: PiBashOperations,
): Promise<PiRuntime> {
  const { agentDir, silenceMs } = start;
  const { cwd, trusted } = workspace;
  const storage = sessionSettings({ cwd, agentDir, trusted, silenceMs });
  let last: PiSession | undefined;
  const create = async (request: {
    readonly sessionManager: PiSessionManager;
    readonly sessionStartEvent?: unknown;
  }) => {
    const { sessionManager, sessionStartEvent } = request;
    const settingsManager = pi.SettingsManager.fromStorage(storage, { projectTrusted: trusted });
    const services = await pi.createAgentSessionServices({
      cwd,
      agentDir,
      settingsManager,
      resourceLoaderOptions: { noExtensions: !trusted, noThemes: true },
    });
    const bashTool = pi.createBashToolDefinition(cwd, {
      operations: bash,
      commandPrefix: settingsManager.getShellCommandPrefix(),
      shellPath: settingsManager.getShellPath(),
    });
    const made = await pi.createAgentSessionFromServices({
      services,
      sessionManager,
      customTools: [bashTool],
      sessionStartEvent,
      ...(last === undefined ? await asked(services, open) : beginning(sessionManager, last)),
    });
    if (last === undefined && open.thinkingLevel !== undefined) chooseLevel(made.session, open.thinkingLevel);
    last = made.session;
    return { ...made, services, diagnostics: [] };
  };
  const sessionManager = await openConversation(pi, cwd, open.sessionFile);
  return pi.createAgentSessionRuntime(create, { cwd, agentDir, sessionManager });
}

/** The model that was asked for. */
async function asked(services: PiServices, { model }: HostOpen): Promise<{ model?: PiModel }> {
  return model === undefined ? {} : { model: findModel(await modelsOf(services), model) };
}

/** What a conversation without entries begins with; any other knows it by itself. */
function beginning(
  manager: PiSessionManager,
  { model, thinkingLevel }: PiSession,
): { model?: PiModel | undefined; thinkingLevel?: string } {
  return manager.getEntries().length === 0 ? { model, thinkingLevel } : {};
}

function chooseLevel(session: PiSession, level: string): void {
  const levels = session.getAvailableThinkingLevels();
  if (!levels.includes(level)) {
    throw new AgentInputError('thinkingLevel', `Cannot open agent: its levels of thinking are ${levels.join(', ')}`);
  }
  session.setThinkingLevel(level);
}

/** A new conversation, or the one in the file, which works in this workspace whatever directory it was begun in. */
async function openConversation(pi: Pi, cwd: string, file: string | undefined): Promise<PiSessionManager> {
  if (file === undefined) return pi.SessionManager.create(cwd);
  await mustBeConversation(file);
  return pi.SessionManager.open(file, undefined, cwd);
}
