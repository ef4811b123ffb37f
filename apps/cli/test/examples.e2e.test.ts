import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT_CODE_HELP } from '../src/exit-codes.ts';
import { SESSIONCTL } from './sessionctl.ts';

const run = promisify(execFile);

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ flags: ['--agent-backends', 'fake'] });
});
afterAll(async () => {
  await daemon.stop();
});

function env(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], SESSIOND_SOCKET: daemon.socketPath };
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the session in the README of sessionctl goes as it is printed there', async () => {
  const transcript = /```console\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const commands = [...transcript.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command!);
  expect(commands.length).toBeGreaterThan(0);
  let typed = '';
  for (const command of commands) {
    const script = `sessionctl() { "${process.execPath}" "${SESSIONCTL}" "$@"; }; ${command}`;
    const { stdout } = await run('sh', ['-c', script], { env: env() });
    typed += `$ ${command}\n${stdout.replaceAll('\r', '')}`;
  }
  expect(typed).toBe(transcript);
});

it('the README of sessionctl has the exit codes of --help', () => {
  for (const [, code] of EXIT_CODE_HELP.matchAll(/^ {2}([1-9]\S*) /gm)) expect(readme).toContain(`| ${code} |`);
});

it('the example in the README of the client prints what its comment promises', async () => {
  const example = new URL('../../../packages/client/examples/one-shell.ts', import.meta.url);
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', fileURLToPath(example)];
  const { stdout } = await run(process.execPath, node, { env: env() });
  expect(stdout).toContain('hello\r\n');
  const [, promised] = /console\.log\(exit\); \/\/ (.*)\n/.exec(readFileSync(example, 'utf8')) ?? [];
  expect(stdout.trimEnd().endsWith(promised!)).toBe(true);
});

it('the example of an agent in the README of the client prints what the agent says', async () => {
  const example = new URL('../../../packages/client/examples/one-agent.ts', import.meta.url);
  const node = ['--conditions=@sessiond/source', '--import', 'tsx', fileURLToPath(example)];
  const { stdout } = await run(process.execPath, node, { env: { ...env(), AGENT: 'fake' } });
  expect(stdout).toBe('You said: Say hello.\nstop\n');
});
