import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AgentPackage,
  agentPackage,
  descendants,
  type ModelServer,
  modelText,
  startModelServer,
  writePiAgentDir,
} from '@sessiond/testkit';
import { type DaemonTalk, openDaemonTalk } from '../agents/daemon-talk.ts';
import { type PiAlone, startPiAlone } from '../agents/pi-alone.ts';
import type { Answer } from '../agents/talk.ts';
import { type CommandServer, sessiondWith } from '../commands/command-server.ts';
import { residentMiB } from '../measure/process-usage.ts';
import { median, pairedRounds, percentile, type Round } from '../rounds.ts';
import { bounded, comparison } from '../rows.ts';
import { onStage, progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import { watchAnswers } from '../watch/question-watch.ts';
import type { Workbench } from '../workbench.ts';

const OURS = 'sessiond';
const RIVAL = 'pi alone';
const DEFAULT_ROUNDS = 11;
const STARTS = 3;
const REPLY_TOKENS = 4_000;
const SESSIONS = 50;
/** Fifty tokens a second each, for longer than the daemon's window of the event loop's delay. */
const CROWD_PROMPT = 'stream 600 20';
const WINDOW_MS = 10_500;

/** What everybody works with. */
interface Setting {
  readonly bench: Workbench;
  readonly model: ModelServer;
  readonly pi: AgentPackage;
  readonly agentDir: string;
  readonly cwd: string;
}

/** What hosting agents costs, beside the same agent alone: a real pi, a provider on the loopback interface. */
export const suite: BenchSuite = {
  name: 'agents',
  run: () =>
    onStage(async ({ bench }) => {
      const pi = agentPackage('pi-0.74');
      if (pi === undefined)
        throw new Error('Cannot measure agents: run `npm run test:agents` first, which installs pi');
      const agentDir = join(bench.directory, 'agent');
      const cwd = join(bench.directory, 'workspace');
      mkdirSync(cwd);
      const model = await startModelServer();
      writePiAgentDir(agentDir, model.baseUrl);
      const setting = { bench, model, pi, agentDir, cwd };
      try {
        return [...(await startRows(setting)), ...(await replyRows(setting)), ...(await crowdRows(setting))];
      } finally {
        await model.close();
      }
    }),
};

/** From nothing to an agent that can be prompted. */
interface Start {
  readonly coldMs: number;
  readonly warmMs: number;
}

async function startRows(setting: Setting): Promise<readonly BenchRow[]> {
  const contestants = new Map<string, () => Promise<Start>>([
    [OURS, () => startOurs(setting)],
    [RIVAL, () => startRival(setting)],
  ]);
  const rounds = await pairedRounds(contestants, {
    rounds: STARTS,
    onTurn: (round, name) => progress(`start ${round + 1}/${STARTS}: ${name}`),
  });
  const common = { unit: 'ms', ours: OURS, rival: RIVAL };
  return [
    comparison(rounds, {
      ...common,
      name: 'create the first session, daemon there',
      value: ({ coldMs }) => coldMs,
      target: { most: 1.2 },
    }),
    comparison(rounds, {
      ...common,
      name: 'create another session',
      value: ({ warmMs }) => warmMs,
      target: { most: 0.2 },
    }),
  ];
}

async function startOurs(setting: Setting): Promise<Start> {
  const server = await startDaemon(setting);
  const first = await session(server, setting, 'first');
  const second = await session(server, setting, 'second');
  await server.stop();
  return { coldMs: first.createMs, warmMs: second.createMs };
}

async function startRival(setting: Setting): Promise<Start> {
  const first = await startPiAlone(setting.bench, setting);
  const second = await startPiAlone(setting.bench, setting);
  await Promise.all([first.close(), second.close()]);
  return { coldMs: first.startMs, warmMs: second.startMs };
}

/** One agent each, which answers and is aborted. */
async function replyRows(setting: Setting): Promise<readonly BenchRow[]> {
  const server = await startDaemon(setting);
  const ours = await session(server, setting, 'ours');
  const subscriber = await openDaemonTalk({ port: server.port, sessionId: 'ours', subscribesOnly: true });
  const rival = await startPiAlone(setting.bench, setting);
  const rounds = roundsOfThisRun(DEFAULT_ROUNDS);
  const text = modelText(REPLY_TOKENS);
  const reply = async (talk: DaemonTalk | PiAlone): Promise<Answer> => {
    const answer = await talk.prompt(`stream ${REPLY_TOKENS}`);
    if (answer.text !== text) throw new Error('Cannot measure agents: what arrived is not what the model said');
    return answer;
  };
  const turn = <Sample>(what: string, of: (talk: DaemonTalk | PiAlone) => Promise<Sample>) =>
    pairedRounds<Sample>(
      new Map([
        [OURS, () => of(ours)],
        [RIVAL, () => of(rival)],
      ]),
      { rounds, onTurn: (round, name) => progress(`${what} ${round + 1}/${rounds}: ${name}`) },
    );
  const short: readonly Round<Answer>[] = await turn('short answer', (talk) => talk.prompt('say Hello'));
  const long: readonly Round<Answer>[] = await turn('long answer', reply);
  const aborts: readonly Round<number>[] = await turn('abort', (talk) => talk.abort('hang end'));
  const heard = await reply(subscriber);
  const brisk = await subscriber.prompt('stream 1000 2');
  const slow = await subscriber.prompt('stream 2000 10');
  const slowest = await subscriber.prompt('stream 2000 20');
  await rival.close();
  await server.stop();
  const common = { ours: OURS, rival: RIVAL };
  const perText = ({ wireBytes }: Answer): number => wireBytes / text.length;
  return [
    comparison(short, {
      ...common,
      name: 'prompt to first token',
      unit: 'ms',
      value: ({ firstTokenMs }) => firstTokenMs,
      target: { most: 2 },
    }),
    comparison(long, {
      ...common,
      name: `whole reply of ${REPLY_TOKENS} tokens`,
      unit: 'ms',
      value: ({ wholeMs }) => wholeMs,
      target: { most: 1 },
    }),
    bounded(`bytes to a subscriber per byte of a reply of ${REPLY_TOKENS} tokens`, 'B', perText(heard), { most: 3 }),
    comparison(long, {
      ...common,
      name: 'the same to who asked, the answer to the prompt with it',
      unit: 'B',
      value: perText,
      bound: { most: 4 },
    }),
    bounded('the same to a subscriber, at 500 tokens a second', 'B', brisk.wireBytes / brisk.text.length, { most: 3 }),
    bounded('the same to a subscriber, at 100 tokens a second', 'B', slow.wireBytes / slow.text.length, { most: 3 }),
    bounded('the same to a subscriber, at 50 tokens a second', 'B', slowest.wireBytes / slowest.text.length),
    comparison(aborts, {
      ...common,
      name: 'abort of a stream that hangs, to the end of the run',
      unit: 'ms',
      value: (ms) => ms,
      bound: { most: 50 },
    }),
  ];
}

/** Fifty sessions of one workspace, first at rest and then all at once. */
async function crowdRows(setting: Setting): Promise<readonly BenchRow[]> {
  const { bench } = setting;
  const server = await startDaemon(setting);
  const talks = [await session(server, setting, 'crowd-0')];
  const agentPid = await processOf(talks[0]!, 'crowd-0');
  await sleep(1_000);
  const before = { daemon: residentMiB(server.pid), agent: residentMiB(agentPid) };
  progress(`creating ${SESSIONS} sessions`);
  for (let index = 1; index < SESSIONS; index += 1) talks.push(await session(server, setting, `crowd-${index}`));
  await sleep(1_000);
  const more = SESSIONS - 1;
  const daemonKiB = ((residentMiB(server.pid) - before.daemon) * 1024) / more;
  const agentKiB = ((residentMiB(agentPid) - before.agent) * 1024) / more;
  const processes = descendants(server.pid).length;

  // Reading ends a window of the daemon, and the next one is that of the streams.
  await sleep(WINDOW_MS);
  await delayMs(talks[0]!);
  progress(`${SESSIONS} streams at 50 tokens a second`);
  const { socketPath } = server;
  const watch = await watchAnswers(bench, {
    socketPath,
    command: { type: 'list_sessions' },
    pauseMs: 20,
    patienceMs: 10_000,
  });
  const startMs = performance.now();
  const answers = await Promise.all(talks.map((talk) => talk.prompt(CROWD_PROMPT)));
  const wholeMs = performance.now() - startMs;
  const { timesMs } = await watch.stop();
  const paced = await delayMs(talks[0]!);

  progress(`${SESSIONS} streams as fast as they go`);
  const fastMs = performance.now();
  const fast = await Promise.all(talks.map((talk) => talk.prompt(`stream ${REPLY_TOKENS}`)));
  const seconds = (performance.now() - fastMs) / 1_000;
  const whole = fast.filter(({ text }) => text === modelText(REPLY_TOKENS)).length;
  await server.stop();
  return [
    bounded('memory of a session in the daemon', 'KiB', daemonKiB, { most: 256 }),
    bounded('memory of a session in its process', 'KiB', agentKiB),
    bounded('process of an agent with its first session', 'MiB', before.agent),
    bounded(`processes below the daemon with ${SESSIONS} sessions`, 'count', processes),
    bounded(`${SESSIONS} streams at 50 tokens a second: p99 of the event loop's delay`, 'ms', paced, { most: 50 }),
    bounded('beside them: list_sessions, p99', 'ms', percentile(timesMs, 0.99)),
    bounded('their pace', 'tokens/s', (answers.length * 600 * 1_000) / wholeMs, { least: SESSIONS * 40 }),
    bounded(
      'their bytes per byte of text, median',
      'B',
      median(answers.map(({ wireBytes, text }) => wireBytes / text.length)),
    ),
    bounded(`${SESSIONS} streams as fast as they go`, 'tokens/s', (SESSIONS * REPLY_TOKENS) / seconds),
    bounded('of them whole', `of ${SESSIONS}`, whole, { least: SESSIONS }),
  ];
}

/** 99th percentile of how late the daemon's event loop was over its last window. */
async function delayMs(talk: DaemonTalk): Promise<number> {
  const { metrics } = (await talk.request('get_metrics')) as unknown as {
    readonly metrics: readonly { readonly name: string; readonly value: number }[];
  };
  return metrics.find(({ name }) => name === 'nodejs.eventloop.delay.p99')!.value * 1_000;
}

async function processOf(talk: DaemonTalk, sessionId: string): Promise<number> {
  const { pid } = await talk.request('get_state', { sessionId });
  if (typeof pid !== 'number') throw new Error('Cannot measure agents: the session names no process');
  return pid;
}

function session(server: CommandServer, { cwd }: Setting, sessionId: string): Promise<DaemonTalk> {
  return openDaemonTalk({ port: server.port, sessionId, create: { backend: 'pi', cwd } });
}

function startDaemon({ bench, pi, agentDir }: Setting): Promise<CommandServer> {
  return sessiondWith('--pi-package', pi.packageDir, '--pi-agent-dir', agentDir)(bench);
}
