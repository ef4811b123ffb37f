import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Agent } from '../src/backend.ts';
import type { PiBackend, PiBackendOptions } from '../src/pi/index.ts';
import { fakePiBackend, writeFakePi } from './fake-pi-backend.ts';
import { RecordedProcesses } from './recorded-processes.ts';
import { TestOwner } from './test-owner.ts';

const never = new AbortController().signal;
let folder: string;
const backends: PiBackend[] = [];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-')));
  mkdirSync(join(folder, 'work'));
});
afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.close(5_000)));
  rmSync(folder, { recursive: true });
});

async function open(options: Partial<PiBackendOptions> = {}): Promise<{ agent: Agent; owner: TestOwner }> {
  const backend = fakePiBackend(folder, options);
  backends.push(backend);
  const owner = new TestOwner();
  const path = { PATH: process.env['PATH']! };
  const request = {
    sessionId: 's',
    cwd: join(folder, 'work'),
    env: { ...path, npm_config_prefix: '/' },
    toolEnv: path,
  };
  return { agent: await backend.open(request, owner, never), owner };
}

it('keeps what pi and its extensions print away from what it says to the daemon', async () => {
  const { agent } = await open();
  expect((await agent.prompt({ message: 'print' }, never)).text).toBe('Printed.');
  expect(agent.status.restarts).toBe(0);
});

it('tells of a promise of an extension that nobody waits for, and goes on', async () => {
  const { agent, owner } = await open();
  expect((await agent.prompt({ message: 'late' }, never)).text).toBe('Still here.');
  expect(owner.all('extension_error')).toMatchObject([{ message: 'nobody waits for this' }]);
});

it('tells what extensions note, and their line of state', async () => {
  const { agent, owner } = await open();
  await agent.prompt({ message: 'note well' }, never);
  expect(owner.all('extension_notify')).toEqual([{ type: 'extension_notify', message: 'well', level: 'warning' }]);
  expect(owner.all('extension_status')).toEqual([{ type: 'extension_status', key: 'line', text: 'well' }]);
});

it('gives commands of tools the environment for tools and the names of the session, and nothing of its own', async () => {
  const { agent } = await open();
  const { text } = await agent.prompt(
    { message: 'bash echo "[$HOST_ONLY$npm_config_prefix]"; echo "$PI_SESSION_ID"' },
    never,
  );
  expect(text).toContain('[]');
  expect(text).toContain(agent.status.agentSessionId);
});

it('leaves settings of npm out of the environment of pi', async () => {
  const processes = new RecordedProcesses();
  await open({ processes });
  expect(processes.requests[0]?.env).not.toHaveProperty('npm_config_prefix');
});

it.each([
  ['no package', { packagePath: '/nowhere' }, /install @earendil-works\/pi-coding-agent/],
  ['a Node that is not there', { nodePath: '/nowhere/node' }, /Node named for it cannot be run/],
])('says what is missing: %s', async (_what, options, message) => {
  await expect(open(options)).rejects.toMatchObject({
    code: 'agent-unavailable',
    message: expect.stringMatching(message),
  });
});

it('says which Node a package needs', async () => {
  const packagePath = writeFakePi(folder, { engines: { node: '>=99.1.0' } });
  await expect(open({ packagePath })).rejects.toMatchObject({
    code: 'agent-unavailable',
    message: expect.stringContaining('needs Node 99.1.0 or newer'),
  });
});
