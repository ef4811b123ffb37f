import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ShellRequest } from '@sessiond/agent-core';
import { ProtocolError } from '@sessiond/protocol';
import { PipedProcesses } from '@sessiond/pty-core';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { Admission } from '../admission/admission.ts';
import { resolveConfig } from '../config/config.ts';
import { Shells } from '../sessions/bash/shells.ts';
import { AgentShell } from './agent-shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'shell-'));
const shells = new Shells({
  processes: new PipedProcesses({ folder: join(folder, 'pipes') }),
  maxCommands: 10,
  outputBytes: 0,
});
const { config } = resolveConfig({
  flags: { bashTimeoutsPerSession: '2' },
  env: {},
  file: null,
});
const admission = new Admission({ limits: config, logger: pino({ level: 'silent' }) });
const shell = new AgentShell({ shells, admission, maxMs: 60_000 });
const never = new AbortController().signal;

afterAll(async () => {
  await shells.close(new ProtocolError('SHUTTING_DOWN', 'The test is over'));
  rmSync(folder, { recursive: true });
});

function owner(sessionId: string): { sessionId: string; instance: string } {
  return { sessionId, instance: 'life-1' };
}

function request(command: string, timeoutMs?: number): ShellRequest & { text: () => string } {
  const pieces: Buffer[] = [];
  return {
    command,
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', GREETING: 'hello' },
    timeoutMs,
    onOutput: (bytes) => void pieces.push(Buffer.from(bytes)),
    text: () => Buffer.concat(pieces).toString('latin1'),
  };
}

it('runs a line of shell where and with what it is told, and passes every byte on', async () => {
  const asked = request(`echo "$GREETING"; pwd; printf '\\xff\\xe4\\n' >&2; exit 3`);
  expect(await shell.run(owner('a'), asked, never)).toEqual({ exitCode: 3 });
  expect(asked.text()).toBe(`hello\n${folder}\n\xff\xe4\n`);
});

it('tells death by a signal as no status', async () => {
  expect(await shell.run(owner('a'), request('kill -KILL $$'), never)).toEqual({ exitCode: null });
});

it('ends all of it when the agent gives up, and rejects with the reason', async () => {
  const gaveUp = new AbortController();
  const asked = request('sleep 61 & echo $!; wait');
  const running = shell.run(
    owner('a'),
    { ...asked, onOutput: () => gaveUp.abort(new Error('aborted')) },
    gaveUp.signal,
  );
  await expect(running).rejects.toThrow('aborted');
  expect(shells.counts().running).toBe(0);
  await expect(shell.run(owner('a'), asked, gaveUp.signal)).rejects.toThrow('aborted');
});

it('ends what takes too long, and runs nothing for a while where that happens again and again', async () => {
  for (let round = 0; round < 2; round += 1) {
    const late = shell.run(owner('slow'), request('sleep 61', 30), never);
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('30 ms') });
  }
  const refused = shell.run(owner('slow'), request('true'), never);
  await expect(refused).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: expect.any(Number) });
  expect(await shell.run(owner('other'), request('true'), never)).toEqual({ exitCode: 0 });
});

it('lets no command run for longer than the operator allows', async () => {
  const strict = new AgentShell({ shells, admission, maxMs: 30 });
  const late = strict.run(owner('b'), request('sleep 61', 600_000), never);
  await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', timedOut: true });
});

it('is not ended by what ends the command of a client', async () => {
  const asked = request('echo ready; sleep 0.3; echo over');
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const onOutput = (bytes: Uint8Array): void => {
    asked.onOutput(bytes);
    isReady();
  };
  const running = shell.run(owner('c'), { ...asked, onOutput }, never);
  await ready;
  expect(await shells.abort('c', new ProtocolError('CANCELLED', 'abort_bash'))).toBe(false);
  expect(await running).toEqual({ exitCode: 0 });
  expect(asked.text()).toBe('ready\nover\n');
});
