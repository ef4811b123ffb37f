import { AgentInputError } from '../../errors.ts';
import type { HostOpen, HostStart, HostWorkspace } from '../channel/host-vocabulary.ts';
import { mustBeConversation } from '../conversation-header.ts';
import { findModel, modelsOf } from './models.ts';
import type { Pi, PiBashOperations, PiRuntime, PiSessionManager } from './pi-api.ts';
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
 * it, since 0.74 writes over any file that is no conversation.
 * @throws AgentInputError for a model or a level of thinking that pi does not have.
 */
export async function openRuntime(
  { pi, start, workspace }: RuntimeContext,
  open: HostOpen,
  bash: PiBashOperations,
): Promise<PiRuntime> {
  const { agentDir } = start;
  let first: Pick<HostOpen, 'model' | 'thinkingLevel'> = open;
  const create = async (request: {
    readonly cwd: string;
    readonly sessionManager: PiSessionManager;
    readonly sessionStartEvent?: unknown;
  }) => {
    const { cwd, sessionManager, sessionStartEvent } = request;
    const storage = sessionSettings({ cwd, agentDir, trusted: workspace.trusted, silenceMs: start.silenceMs });
    const settingsManager = pi.SettingsManager.fromStorage(storage, { projectTrusted: workspace.trusted });
    const services = await pi.createAgentSessionServices({
      cwd,
      agentDir,
      settingsManager,
      resourceLoaderOptions: { noExtensions: !workspace.trusted, noThemes: true },
    });
    const bashTool = pi.createBashToolDefinition(cwd, {
      operations: bash,
      commandPrefix: settingsManager.getShellCommandPrefix(),
      shellPath: settingsManager.getShellPath(),
    });
    const { model, thinkingLevel } = first;
    first = {};
    const chosen = model === undefined ? undefined : findModel(await modelsOf(services), model);
    const made = await pi.createAgentSessionFromServices({
      services,
      sessionManager,
      customTools: [bashTool],
      sessionStartEvent,
      ...(chosen === undefined ? {} : { model: chosen }),
    });
    if (thinkingLevel !== undefined) {
      const levels = made.session.getAvailableThinkingLevels();
      if (!levels.includes(thinkingLevel)) {
        throw new AgentInputError(
          'thinkingLevel',
          `Cannot open agent: its levels of thinking are ${levels.join(', ')}`,
        );
      }
      made.session.setThinkingLevel(thinkingLevel);
    }
    return { ...made, services, diagnostics: [] };
  };
  const sessionManager = await openConversation(pi, workspace.cwd, open.sessionFile);
  return pi.createAgentSessionRuntime(create, { cwd: workspace.cwd, agentDir, sessionManager });
}

/** A new conversation, or the one in the file, which works in this workspace whatever directory it was begun in. */
async function openConversation(pi: Pi, cwd: string, file: string | undefined): Promise<PiSessionManager> {
  if (file === undefined) return pi.SessionManager.create(cwd);
  await mustBeConversation(file);
  return pi.SessionManager.open(file, undefined, cwd);
}
