import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { RpcPeer } from './rpc-peer.ts';

/** A daemon with fake agents and those who talk to its sessions in the dialect. The tests of a file share it; each has a folder of its own. */
export class RpcScene {
  readonly daemon: TestDaemon;
  readonly #peers: RpcPeer[] = [];
  #dir = '';
  #sessions = 0;

  private constructor(daemon: TestDaemon) {
    this.daemon = daemon;
  }

  static async start(): Promise<RpcScene> {
    return new RpcScene(await startDaemon({ flags: ['--agent-backends', 'fake'] }));
  }

  /** The folder of the test that runs. */
  get dir(): string {
    return this.#dir;
  }

  /** Before each test. */
  enter(): void {
    this.#dir = mkdtempSync(join(tmpdir(), 'rpc-'));
  }

  /** Somebody new who talks to a session, which is a new one unless it is named. */
  peer(sessionId = `rpc-${++this.#sessions}`, model?: string): RpcPeer {
    const peer = RpcPeer.inside(this.daemon.socketPath, { sessionId, backend: 'fake', model, cwd: this.dir });
    this.#peers.push(peer);
    return peer;
  }

  /** The same as a process of its own, which costs the start of one. */
  spawn(...args: readonly string[]): ReturnType<typeof RpcPeer.spawn> {
    const spawned = RpcPeer.spawn(this.daemon.socketPath, this.dir, ['--backend', 'fake', ...args]);
    this.#peers.push(spawned.peer);
    return spawned;
  }

  /** After each test: everybody goes, then the folder. */
  async leave(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map((peer) => peer.end()));
    rmSync(this.#dir, { recursive: true });
  }

  /** After all tests. */
  async close(): Promise<void> {
    await this.daemon.stop();
  }
}
