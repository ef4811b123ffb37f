import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { FakeClock } from '../../test/fake-clock.ts';
import type { AgentProcess } from '../agent-process.ts';
import { AcpLink } from './acp-link.ts';
import { loadSdk } from './load-sdk.ts';

const never = new AbortController().signal;

/** Shakes hands with a process that has ended at once, of whose complaints is heard once somebody ends what it left behind. */
async function openEnded(complain: (stderr: PassThrough) => void): Promise<unknown> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const process: AgentProcess = {
    pid: 1,
    stdin,
    stdout: stdout.end(),
    stderr,
    exited: Promise.resolve({ exitCode: 4, signal: null }),
    terminate: async () => void setImmediate(() => complain(stderr)),
    kill: () => {},
  };
  const clock = new FakeClock();
  const parts = { id: 'a', command: 'agent', args: [], cwd: '/', env: {}, clientVersion: '0.0.0', maxLineBytes: 1_000 };
  const opening = AcpLink.open(
    {
      ...parts,
      sdk: await loadSdk(),
      processes: { start: async () => process },
      clock,
      startMs: 1_000,
      gracePeriodMs: 100,
      onUpdate: () => {},
      requests: { permission: () => Promise.reject(new Error('nobody is asked')), terminals: undefined },
    },
    never,
  );
  return opening.catch((error: unknown) => error);
}

it('[AC03] tells the last that an agent said which ended at once, also when that is heard after its end', async () => {
  expect(await openEnded((stderr) => stderr.end('bad key\n'))).toMatchObject({
    code: 'agent-failed',
    message: 'Cannot start agent: its process ended before it answered to initialize; the last it said: bad key',
  });
});
