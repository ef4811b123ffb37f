/**
 * What `npm start` does once everything is installed and built.
 *
 * In a terminal: makes sure that a daemon runs in the background, and opens a shell in a new session of it. Elsewhere
 * (a service, a container, a pipe): is the daemon, in this very process, so that signals and exit codes are its own.
 * Arguments are those of `sessiond`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SESSIOND = fileURLToPath(new URL('../../../apps/runtime/bin/sessiond.js', import.meta.url));
const SESSIONCTL = fileURLToPath(new URL('../../../apps/cli/bin/sessionctl.js', import.meta.url));

/** How long the daemon may take to answer after its start. */
const START_MS = 10_000;

forgetNpm(process.env);
if (process.stdin.isTTY && process.stdout.isTTY) process.exitCode = await openShell(process.argv.slice(2));
else await import(SESSIOND);

/** Opens a shell in a session of the local daemon; returns the exit code. */
async function openShell(daemonArgs) {
  const config = readConfig(daemonArgs);
  const pid = (await daemonPid({ socketPath: config.socket })) ?? (await startDaemon(config, daemonArgs));
  if (pid === null) return 1;
  console.log(`sessiond is process ${pid} on ${config.socket}`);
  console.log(`It keeps running when you leave; stop it with: kill ${pid}`);

  const sessionId = `shell-${Date.now().toString(36)}`;
  const ctl = (args, stdio) => spawnSync(process.execPath, [SESSIONCTL, '--socket', config.socket, ...args], { stdio });
  const shell = process.env.SHELL ?? '/bin/sh';
  const { status } = ctl(['run', '--id', sessionId, '--', shell], 'inherit');
  const info = ctl(['info', sessionId, '--json'], ['ignore', 'pipe', 'ignore']);
  const lives = info.status === 0 && JSON.parse(info.stdout).stoppedAt === undefined;
  if (lives) console.log(`Come back with: npm run ctl -- attach ${sessionId}`);
  return status ?? 1;
}

/** The configuration that `sessiond` would run with. Ends the process when there is none. */
function readConfig(daemonArgs) {
  const args = [SESSIOND, ...daemonArgs, 'config', '--json'];
  const { status, stdout } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) process.exit(status ?? 1);
  return Object.fromEntries(JSON.parse(stdout).map(({ option, value }) => [option, value]));
}

/** The process that answers at an address, or `null`. */
function daemonPid(address) {
  return new Promise((resolve) => {
    const probe = request({ ...address, path: '/healthz', agent: false, timeout: 1000 }, (response) => {
      // What answers need not be a daemon.
      json(response).then(
        (health) => resolve(health?.pid ?? null),
        () => resolve(null),
      );
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(null));
    probe.end();
  });
}

/** Starts the daemon in the background; returns its pid once it answers, `null` after printing why it does not. */
async function startDaemon({ socket, stateDir, noTcp, host, port }, daemonArgs) {
  // A daemon whose port is taken answers on its socket for a moment, and ends. Port 0 is never taken.
  const addresses = [{ socketPath: socket }, ...(noTcp || port === 0 ? [] : [{ host, port }])];
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const logPath = join(stateDir, 'sessiond.log');
  const log = openSync(logPath, 'a', 0o600);
  const daemon = spawn(process.execPath, [SESSIOND, ...daemonArgs], { detached: true, stdio: ['ignore', log, log] });
  daemon.unref();
  const deadline = performance.now() + START_MS;
  while (daemon.exitCode === null && performance.now() < deadline) {
    const pids = await Promise.all(addresses.map(daemonPid));
    if (pids.every((pid) => pid === daemon.pid)) return daemon.pid;
    await delay(20);
  }
  console.error(`The daemon did not start. The end of its log, ${logPath}:`);
  console.error(readFileSync(logPath, 'utf8').trim().split('\n').slice(-5).join('\n'));
  return null;
}

/** Takes out what npm put into the environment, so that shells in sessions do not inherit it. */
function forgetNpm(env) {
  for (const name of Object.keys(env)) {
    if (/^npm_|^(?:INIT_CWD|NODE|COLOR)$/.test(name)) delete env[name];
  }
  const isNpm = (folder) => /[\\/]node_modules[\\/]\.bin$|node-gyp-bin$/.test(folder);
  env.PATH = env.PATH?.split(delimiter)
    .filter((folder) => !isNpm(folder))
    .join(delimiter);
}
