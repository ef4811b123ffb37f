import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isRunning,
  type ModelServer,
  needAgent,
  type PiGeneration,
  startDaemon,
  startModelServer,
  type TestDaemon,
  writePiAgentDir,
  writePiExtension,
} from '@sessiond/testkit';
import { expect, type TestContext } from 'vitest';
import { startAgent } from './agent-client.ts';
import { ConnectedClients } from './connected-clients.ts';
import type { TerminalClient } from './terminal-client.ts';

/** A conversation of a few words has something to sum up. */
const SETTINGS = { compaction: { keepRecentTokens: 1 } };

/**
 * A daemon that hosts real pi, with a model server behind it and clients before it. Tests of a file share one, and so do the sessions of its workspace their process:
 * starting both is most of what a test would cost.
 */
export class PiScene {
  readonly folder: string;
  /** The workspace that agents work in, which is trusted. */
  readonly work: string;
  readonly model: ModelServer;
  readonly #flags: readonly string[];
  readonly #clients = new ConnectedClients();
  #daemon!: TestDaemon;

  private constructor(folder: string, model: ModelServer, flags: readonly string[]) {
    this.folder = folder;
    this.work = join(folder, 'work');
    this.model = model;
    this.#flags = flags;
  }

  /** Skips the test where there is no such pi. */
  static async start(context: TestContext, { name, node }: PiGeneration): Promise<PiScene> {
    const pi = needAgent(context, name);
    const program = node && needAgent(context, node);
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-daemon-')));
    const model = await startModelServer();
    const agentDir = join(folder, 'agent');
    writePiAgentDir(agentDir, model.baseUrl);
    const flags = [
      ...['--no-tcp', '--pi-package', pi.packageDir, '--pi-agent-dir', agentDir, '--pi-spares', '0'],
      ...['--pi-trust', folder, '--provider-pause-ms', '1500', '--agent-abort-ms', '2000'],
      ...(program === undefined ? [] : ['--pi-node', program.programPath]),
    ];
    const scene = new PiScene(folder, model, flags);
    scene.workspace('work');
    scene.#daemon = await scene.startDaemon(join(folder, 'state'));
    return scene;
  }

  get daemon(): TestDaemon {
    return this.#daemon;
  }

  /** A folder that agents can work in, with tools of its own. */
  workspace(name: string): string {
    const path = join(this.folder, name);
    writePiExtension(path);
    writeFileSync(join(path, '.pi', 'settings.json'), JSON.stringify(SETTINGS));
    return path;
  }

  /** One more daemon that hosts the same pi, with a state of its own; the test ends it. */
  startDaemon(stateDir: string): Promise<TestDaemon> {
    return startDaemon({ flags: this.#flags, stateDir });
  }

  /** Kills the daemon at once and starts another one with its state; the agents that the first one had are gone then. */
  async killAndRestart(pids: readonly number[]): Promise<void> {
    const { stateDir } = this.#daemon;
    await this.#daemon.kill();
    this.cutClients();
    await expect.poll(() => pids.filter((pid) => isRunning(pid))).toEqual([]);
    this.#daemon = await this.startDaemon(stateDir);
  }

  connect(daemon: TestDaemon = this.#daemon): Promise<TerminalClient> {
    return this.#clients.connect({ socketPath: daemon.socketPath });
  }

  /** A new session of pi, and a client that follows it from its beginning. */
  async agent(cwd: string = this.work): Promise<{ readonly client: TerminalClient; readonly sessionId: string }> {
    const client = await this.connect();
    const sessionId = await startAgent(client, { agent: { backend: 'pi' }, cwd });
    await client.ask('switch_session', { sessionId, after: 0 });
    return { client, sessionId };
  }

  cutClients(): void {
    this.#clients.cut();
  }

  /** Ends everything; fails when the daemon does not end in order, or leaves a process. */
  async close(): Promise<void> {
    this.cutClients();
    const end = await this.#daemon.stop();
    await this.model.close();
    rmSync(this.folder, { recursive: true, force: true });
    expect(end).toMatchObject({ exitCode: 0, leftover: [] });
  }
}
