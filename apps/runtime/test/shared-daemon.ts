import { type StartDaemonOptions, startDaemon, type TestDaemon, type WireTarget } from '@sessiond/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { ConnectedClients } from './connected-clients.ts';
import type { TerminalClient } from './terminal-client.ts';

/** A daemon that the tests of a file share, and the clients that they connect to it. */
export interface SharedDaemon {
  /** There from the first `beforeAll` of the file on. */
  readonly daemon: TestDaemon;
  /**
   * Connects a client to it, over the socket, or to another daemon; it is cut off at the end of the test, or after the last test if it was connected before
   * the first.
   */
  readonly connect: (other?: WireTarget) => Promise<TerminalClient>;
}

/**
 * Has a daemon run while the tests of a file do, to be called once at its top.
 *
 * After the last test it has to end in order and leave no process, or the file fails. What it needs longer than it runs, such as a folder, is made and
 * deleted by hooks that stand before the call: what is set up first is the last to go.
 */
export function shareDaemon(options: StartDaemonOptions = {}): SharedDaemon {
  const [ofFile, ofTest] = [new ConnectedClients(), new ConnectedClients()];
  let clients = ofFile;
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await startDaemon(options);
  });
  beforeEach(() => {
    clients = ofTest;
  });
  afterEach(() => ofTest.cut());
  afterAll(async () => {
    ofFile.cut();
    expect(await daemon.stop()).toMatchObject({ exitCode: 0, leftover: [] });
  });
  return {
    get daemon() {
      return daemon;
    },
    connect: (other = { socketPath: daemon.socketPath }) => clients.connect(other),
  };
}
