import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { sessionMembers } from '@sessiond/testkit';
import { expect, it } from 'vitest';
import { ChildAgentProcesses } from '../child-agent-processes.ts';
import { systemClock } from '../clock.ts';
import { LocalShell } from './local-shell.ts';

const never = new AbortController().signal;
const cwd = realpathSync(tmpdir());
const env = { PATH: process.env['PATH']! };

function shell(): LocalShell {
  return new LocalShell(new ChildAgentProcesses(), systemClock);
}

it('hands over all of what a line writes, before it answers', async () => {
  let bytes = 0;
  const onOutput = (chunk: Uint8Array) => {
    bytes += chunk.length;
  };
  const command = 'head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2; exit 3';
  const answer = await shell().run({ command, cwd, env, timeoutMs: undefined, onOutput }, never);
  expect(answer).toEqual({ exitCode: 3 });
  expect(bytes).toBe(4_000_000);
});

it('ends what a line has left in the background, and does not wait for it', async () => {
  let text = '';
  const onOutput = (chunk: Uint8Array) => {
    text += Buffer.from(chunk).toString();
  };
  const command = 'sleep 1000 & echo $$';
  await shell().run({ command, cwd, env, timeoutMs: undefined, onOutput }, never);
  expect(Number(text)).toBeGreaterThan(0);
  expect(sessionMembers(Number(text))).toEqual([]);
});

it.each(['signal', 'time limit', 'killAll'])('ends a line that hangs: %s', async (how) => {
  const local = shell();
  const controller = new AbortController();
  const reason = new Error('gave up');
  const onOutput = () => {
    if (how === 'signal') controller.abort(reason);
    if (how === 'killAll') local.killAll();
  };
  const timeoutMs = how === 'time limit' ? 300 : undefined;
  const run = local.run({ command: 'echo begun; sleep 1000', cwd, env, timeoutMs, onOutput }, controller.signal);
  if (how === 'signal') await expect(run).rejects.toBe(reason);
  else if (how === 'killAll') expect(await run).toEqual({ exitCode: null });
  else await expect(run).rejects.toMatchObject({ code: 'agent-failed', message: expect.stringContaining('300 ms') });
});
