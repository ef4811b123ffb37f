/** Keeps a program running: starts it anew when it dies, later and later while it keeps dying, until it is told to stop. */
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, type Pty, PtyManager, type SpawnRequest } from '@sessiond/pty-core';

class Supervisor {
  readonly #ptys: PtyManager;
  readonly #request: SpawnRequest;
  readonly #stopping = new AbortController();
  #pty: Pty | undefined;

  constructor(ptys: PtyManager, request: SpawnRequest) {
    this.#ptys = ptys;
    this.#request = request;
  }

  /** Resolves when the program was stopped, or has ended by itself as it should. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const env = { ...this.#request.env, FAILURES: String(failures) };
      // The same id each time: a stopped PTY has made room for its successor.
      this.#pty = this.#ptys.spawn({ ...this.#request, env });
      const { exitCode, signal: killedBy, reason } = await this.#pty.stopped;
      console.log(`${this.#pty.id} ${reason} with ${exitCode ?? killedBy}`);
      if (exitCode === 0) return;
      await delay(Math.min(10 * 2 ** failures, 5_000), undefined, { signal }).catch(() => {});
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pty?.terminate({ gracePeriodMs: 1_000 });
  }
}

const ptys = new PtyManager();
const script = 'case $FAILURES in 0) exit 3;; 1) kill -SEGV $$;; *) echo up; exec sleep 60;; esac';
const env = childEnvironment(process.env);
const worker = new Supervisor(ptys, { ptyId: 'worker', command: 'sh', args: ['-c', script], env });
ptys.onEvent(({ type, ptyId }) => {
  if (type !== 'pty.output') return;
  console.log(`${ptyId} is up`);
  void worker.stop();
});
await worker.run();
