import {
  type Agent,
  type AgentBackend,
  AgentFailedError,
  type AgentOwner,
  AgentUnavailableError,
  type OpenAgent,
  type PromptOutcome,
} from '@sessiond/agent-core';
import type { AgentEvent } from '@sessiond/protocol';
import { beforeEach, expect, it } from 'vitest';
import type { Logger } from '../logger.ts';
import { WatchedBackend } from './watched-backend.ts';

const never = new AbortController().signal;
const request = { sessionId: 's-1' } as OpenAgent;
const DELTA: AgentEvent = {
  type: 'message_update',
  assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta: 'x' },
};

let told: string[];
let events: AgentEvent[];
let now: number;
/** What the agent does when it is prompted. */
let work: (owner: AgentOwner) => Promise<PromptOutcome>;
let opening: Promise<void>;
let answer: AgentOwner['ask'];

const owner = {
  onEvent: (event: AgentEvent) => void events.push(event),
  onStatusChanged: () => void told.push('status'),
  ask: (...question: Parameters<AgentOwner['ask']>) => answer(...question),
} as unknown as AgentOwner;

beforeEach(() => {
  told = [];
  events = [];
  now = 0;
  opening = Promise.resolve();
  work = async () => ({ stopReason: 'stop', text: 'done' });
});

async function open(signal = never): Promise<Agent> {
  const inner = {
    name: 'mine',
    open: async (_request: OpenAgent, opened: AgentOwner): Promise<Agent> => {
      await opening;
      return { prompt: () => work(opened) } as unknown as Agent;
    },
  } as unknown as AgentBackend;
  const observer = {
    opened: (backend: string, result: string) => void told.push(`${backend} ${result}`),
    promptEnded: (backend: string, ending: string, ms: number) => void told.push(`${backend} ${ending} ${ms}`),
    firstToken: (backend: string, ms: number) => void told.push(`${backend} first ${ms}`),
    providerFailed: (kind: string) => void told.push(`provider ${kind}`),
    dialogEnded() {},
    gapTold() {},
  };
  const log = ({ sessionId, signal, reason }: Record<string, unknown>): void =>
    void told.push(`${sessionId} ${signal ?? reason}`);
  const logger = { warn: log, error: log } as unknown as Logger;
  const onFirstToken = (sessionId: string, ms: number): void => void told.push(`${sessionId} first ${ms}`);
  return new WatchedBackend(inner, { observer, logger, onFirstToken, now: () => now }).open(request, owner, signal);
}

it('times a prompt to its first piece and to its end, and passes everything on', async () => {
  const agent = await open();
  work = async ({ onEvent, onStatusChanged }) => {
    now += 20;
    onEvent({ type: 'turn_start' });
    now += 10;
    onEvent(DELTA);
    onEvent(DELTA);
    onStatusChanged();
    now += 70;
    return { stopReason: 'stop', text: 'done' };
  };
  expect(await agent.prompt({ message: 'x' }, never)).toEqual({ stopReason: 'stop', text: 'done' });
  expect(told).toEqual(['mine opened', 'mine first 30', 's-1 first 10', 'status', 'mine done 100']);
  expect(events).toHaveLength(3);
});

it('does not hold against a model what a person takes, or a request before that failed', async () => {
  const agent = await open();
  answer = async () => {
    now += 300_000;
    return { cancelled: true };
  };
  work = async ({ onEvent, ask }) => {
    now += 10;
    await ask({ method: 'confirm', title: 'Go on?' }, never);
    now += 30_000;
    onEvent({ type: 'turn_start' });
    now += 50_000;
    onEvent({ type: 'turn_start' });
    await ask({ method: 'confirm', title: 'Really?' }, never);
    now += 20;
    onEvent(DELTA);
    return { stopReason: 'stop', text: 'done' };
  };
  await agent.prompt({ message: 'x' }, never);
  expect(told.slice(1)).toEqual(['mine first 680030', 's-1 first 20', 'mine done 680030']);
});

it('takes what comes after a prompt, or without one, for no answer', async () => {
  const agent = await open();
  let late = (): void => {};
  work = async ({ onEvent }) => {
    late = () => onEvent(DELTA);
    return { stopReason: 'aborted', text: '' };
  };
  await agent.prompt({ message: 'x' }, never);
  late();
  expect(told).toEqual(['mine opened', 'mine aborted 0']);
});

it.each<[Error, string[]]>([
  [
    new AgentFailedError('no', { provider: { provider: 'acme', kind: 'network' } }),
    ['provider network', 'mine provider-failed 0'],
  ],
  [new AgentFailedError('no', { interrupted: true }), ['mine interrupted 0']],
  [new AgentFailedError('no'), ['mine failed 0']],
  [new Error('no'), ['mine failed 0']],
])('tells what became of a prompt that failed by %o', async (error, expected) => {
  const agent = await open();
  work = () => Promise.reject(error);
  await expect(agent.prompt({ message: 'x' }, never)).rejects.toBe(error);
  expect(told.slice(1)).toEqual(expected);
});

it('takes a prompt that somebody gave up for aborted, whatever it failed with', async () => {
  const agent = await open();
  work = () => Promise.reject(new AgentFailedError('no', { interrupted: true }));
  const gaveUp = AbortSignal.abort(new Error('gave up'));
  await expect(agent.prompt({ message: 'x' }, gaveUp)).rejects.toThrow('no');
  expect(told).toEqual(['mine opened', 'mine aborted 0']);
});

it('tells of agents that could not be opened, and not of those that nobody wants any more', async () => {
  opening = Promise.reject(new AgentUnavailableError('missing'));
  await expect(open()).rejects.toThrow('missing');
  opening = Promise.reject(new AgentFailedError('broken'));
  await expect(open()).rejects.toThrow('broken');
  opening = Promise.reject(new Error('gave up'));
  await expect(open(AbortSignal.abort())).rejects.toThrow('gave up');
  expect(told).toEqual(['mine unavailable', 'mine failed']);
});

it('logs that a process ended and that an agent is given up, without what it said', async () => {
  const agent = await open();
  work = async ({ onEvent }) => {
    onEvent({
      type: 'agent_restarting',
      attempt: 1,
      delayMs: 5,
      exitCode: null,
      signal: 'SIGKILL',
      interrupted: true,
    });
    onEvent({ type: 'agent_stopped', reason: 'terminated' });
    onEvent({ type: 'agent_stopped', reason: 'failed', errorMessage: 'it said hunter2' });
    return { stopReason: 'stop', text: '' };
  };
  await agent.prompt({ message: 'x' }, never);
  expect(told.slice(1, 3)).toEqual(['s-1 SIGKILL', 's-1 failed']);
});
