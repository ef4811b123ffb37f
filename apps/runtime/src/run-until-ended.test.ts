import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { compileProgram } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let module: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-until-ended-'));
  module = join(folder, 'run-until-ended.mjs');
  writeFileSync(module, compileProgram(new URL('run-until-ended.ts', import.meta.url)));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs code in which `subject` says on stdout what happens to it. */
async function run(code: string): Promise<{ said: string[]; exitCode: number | null }> {
  const program = `
    import { runUntilEnded } from ${JSON.stringify(pathToFileURL(module).href)};
    const say = (word) => process.stdout.write(word + '\\n');
    const logger = { fatal: ({ err }, text) => say('fatal ' + err.message), info: ({ event }) => say(event) };
    const subject = {
      stop: async () => say('stop'),
      abandon: () => say('abandon'),
    };
    let start = () => subject;
    let onReload;
    const keepAlive = setTimeout(() => {}, 60_000);
    ${code}
    process.exitCode = await runUntilEnded(start, { logger, flush: () => say('flush'), finished, onReload });
    clearTimeout(keepAlive);`;
  const args = ['--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
  return { said: said.trim().split('\n'), exitCode };
}

it('ends in order when the signal comes while it starts', async () => {
  const code = `let finished; start = async () => {
    process.kill(process.pid, 'SIGTERM');
    await new Promise((resolve) => process.once('SIGTERM', resolve));
    say('started');
    return subject;
  };`;
  expect(await run(code)).toEqual({ said: ['started', 'draining', 'stop', 'ended', 'flush'], exitCode: 0 });
});

it('ends in order after a signal', async () => {
  expect(await run(`let finished; setImmediate(() => process.kill(process.pid, 'SIGTERM'));`)).toEqual({
    said: ['draining', 'stop', 'ended', 'flush'],
    exitCode: 0,
  });
});

it('ends in order when there is nothing left to do', async () => {
  expect(await run(`const finished = Promise.resolve();`)).toEqual({
    said: ['draining', 'stop', 'ended', 'flush'],
    exitCode: 0,
  });
});

it('ends at once with a second signal, whichever of the two it is', async () => {
  const code = `
    let finished;
    subject.stop = () => { say('stop'); process.kill(process.pid, 'SIGINT'); return new Promise(() => {}); };
    setImmediate(() => process.kill(process.pid, 'SIGTERM'));`;
  expect(await run(code)).toEqual({ said: ['draining', 'stop', 'abandon', 'flush'], exitCode: 1 });
});

it('is not talked into a failure by a signal that comes after the end', async () => {
  const code = `
    let finished;
    logger.info = ({ event }) => { say(event); if (event === 'ended') process.kill(process.pid, 'SIGTERM'); };
    process.on('SIGTERM', () => clearTimeout(keepAlive));
    process.once('beforeExit', () => new Promise((resolve) => setTimeout(resolve, 100)));
    setImmediate(() => process.kill(process.pid, 'SIGINT'));`;
  expect(await run(code)).toEqual({ said: ['draining', 'stop', 'ended', 'flush'], exitCode: 0 });
});

it('ends in order at SIGHUP, twice for at once, where there is nothing to read again', async () => {
  const hangUp = `let finished; setImmediate(() => process.kill(process.pid, 'SIGHUP'));`;
  expect(await run(hangUp)).toEqual({ said: ['draining', 'stop', 'ended', 'flush'], exitCode: 0 });
  const twice = `${hangUp}
    subject.stop = () => { say('stop'); process.kill(process.pid, 'SIGHUP'); return new Promise(() => {}); };`;
  expect(await run(twice)).toEqual({ said: ['draining', 'stop', 'abandon', 'flush'], exitCode: 1 });
});

it('reads again at SIGHUP what there is to read again, also while it starts', async () => {
  const code = `
    let finished;
    let heard;
    onReload = () => { say('reload'); heard(); };
    const hangUp = () => new Promise((resolve) => { heard = resolve; process.kill(process.pid, 'SIGHUP'); });
    start = async () => {
      await hangUp();
      say('started');
      void hangUp().then(() => process.kill(process.pid, 'SIGTERM'));
      return subject;
    };`;
  expect(await run(code)).toEqual({
    said: ['reload', 'started', 'reload', 'draining', 'stop', 'ended', 'flush'],
    exitCode: 0,
  });
});

it('leaves nothing behind when the orderly end fails', async () => {
  const code = `
    let finished;
    subject.stop = async () => { say('stop'); throw new Error('oops'); };
    setImmediate(() => process.kill(process.pid, 'SIGTERM'));`;
  expect(await run(code)).toEqual({ said: ['draining', 'stop', 'fatal oops', 'abandon', 'flush'], exitCode: 1 });
});

it.each([
  ['thrown', `setImmediate(() => { throw new Error('oops'); });`],
  ['rejected', `setImmediate(() => { void Promise.reject(new Error('oops')); });`],
])('logs an error that nobody caught, cleans up and ends with 1: %s', async (_, code) => {
  expect(await run(`let finished; ${code}`)).toEqual({ said: ['fatal oops', 'abandon', 'flush'], exitCode: 1 });
});
