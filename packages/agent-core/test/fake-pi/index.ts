// The part of the interface of pi 0.74 that the host uses, without a model: for tests that must not need pi.
import type { PiBashOperations, PiModel } from '../../src/pi/host/pi-api.ts';
import { MODELS, Session } from './session.ts';
import { SessionManager } from './session-manager.ts';
import { SettingsManager } from './settings-manager.ts';

export { SessionManager, SettingsManager };

export async function createAgentSessionServices(options: object): Promise<object> {
  return { ...options, modelRegistry: { getAvailable: () => MODELS } };
}

export function createBashToolDefinition(_cwd: string, options: { readonly operations: PiBashOperations }): object {
  return { name: 'bash', ...options };
}

interface Create {
  readonly services: { readonly settingsManager: SettingsManager };
  readonly sessionManager: SessionManager;
  readonly model?: PiModel;
  readonly thinkingLevel?: string;
  readonly customTools: readonly { readonly operations: PiBashOperations }[];
}

export async function createAgentSessionFromServices(create: Create): Promise<{ readonly session: Session }> {
  return { session: new Session({ ...create, ...create.services, bash: create.customTools[0]!.operations }) };
}

type CreateRuntime = (request: {
  readonly cwd: string;
  readonly sessionManager: SessionManager;
}) => Promise<{ readonly session: Session }>;

export async function createAgentSessionRuntime(
  create: CreateRuntime,
  request: { readonly cwd: string; readonly sessionManager: SessionManager },
): Promise<object> {
  let rebind = async (): Promise<void> => {};
  const runtime = {
    cwd: request.cwd,
    session: (await create(request)).session,
    setRebindSession: (listener: () => Promise<void>) => {
      rebind = listener;
    },
    async replace(sessionManager: SessionManager) {
      runtime.session = (await create({ ...request, sessionManager })).session;
      await rebind();
      return { cancelled: false };
    },
    newSession: () => runtime.replace(SessionManager.create(request.cwd)),
    fork: (entryId: string, { position = 'before' }: { readonly position?: 'before' | 'at' } = {}) =>
      runtime.replace(runtime.session.sessionManager.branch(entryId, position)),
    switchSession: (path: string) => runtime.replace(SessionManager.open(path, undefined, request.cwd)),
    dispose: async () => {},
  };
  return runtime;
}
