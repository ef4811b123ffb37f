import { type DaemonEnd, type StartDaemonOptions, startDaemon, type TestDaemon } from './daemon.ts';

/** The daemons that a test has started, to be ended together. */
export class StartedDaemons {
  readonly #daemons: TestDaemon[] = [];

  /** Starts one more, as {@link startDaemon} does. */
  async start(options: StartDaemonOptions = {}): Promise<TestDaemon> {
    const daemon = await startDaemon(options);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Ends them all, also those that have ended by themselves, and forgets them. @returns how each one ended. */
  stop(): Promise<DaemonEnd[]> {
    return Promise.all(this.#daemons.splice(0).map((daemon) => daemon.stop()));
  }
}
