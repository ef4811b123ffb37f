import type { Client } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import { type StartDaemonOptions, startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Stage } from './person.ts';

/**
 * Has a daemon run while the tests of a file do, to be called once at its top: it keeps the sessions that are tested, and lends terminals to the people who
 * look at them.
 *
 * What it returns can be read from the first `beforeAll` of the file on. After the last test the daemon has to end in order and leave no process, or the
 * file fails.
 */
export function shareStage(options: StartDaemonOptions = {}): Stage {
  let daemon: TestDaemon;
  let client: Client;
  beforeAll(async () => {
    daemon = await startDaemon(options);
    client = await connect({ socketPath: daemon.socketPath });
  });
  afterAll(async () => {
    await client.close();
    expect(await daemon.stop()).toMatchObject({ exitCode: 0, leftover: [] });
  });
  return {
    get client() {
      return client;
    },
    get socketPath() {
      return daemon.socketPath;
    },
  };
}
