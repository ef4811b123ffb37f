// The part of the interface of pi 0.74 that the host uses, without a model: for tests that must not need pi.
import type { PiBashOperations, PiModel, PiSettingsStorage } from '../../src/pi/host/pi-api.ts';
import { MODELS, Session } from './session.ts';
import { SessionManager } from './session-manager.ts';

export { SessionManager };

export class SettingsManager {
  readonly #settings: Record<string, unknown>;

  private constructor(settings: Record<string, unknown>) {
    this.#settings = settings;
  }

  static fromStorage(storage: PiSettingsStorage): SettingsManager {
    let text = '{}';
    storage.withLock('global', (current) => {
      text = current ?? text;
      return undefined;
    });
    return new SettingsManager(JSON.parse(text));
  }

  getShellCommandPrefix(): string | undefined {
    return this.#settings['shellCommandPrefix'] as string | undefined;
  }
  getShellPath(): undefined {
    return undefined;
  }
}

export async function createAgentSessionServices(options: object): Promise<object> {
  return { ...options, modelRegistry: { getAvailable: () => MODELS } };
}

export function createBashToolDefinition(_cwd: string, options: { readonly operations: PiBashOperations }): object {
  return { name: 'bash', ...options };
}

interface Create {
  readonly sessionManager: SessionManager;
  readonly model?: PiModel;
  readonly customTools: readonly { readonly operations: PiBashOperations }[];
}

export async function createAgentSessionFromServices(create: Create): Promise<{ readonly session: Session }> {
  const { sessionManager, model, customTools } = create;
  return { session: new Session(sessionManager, model, customTools[0]!.operations) };
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
