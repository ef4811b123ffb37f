import type { AgentFeed, Client, FeedItem } from '@sessiond/client';
import type { AgentSessionState, DialogRequest, KnownEvent } from '@sessiond/protocol';
import { ProtocolError } from '@sessiond/protocol/client';
import { expect, it } from 'vitest';
import { styleFor } from '../style.ts';
import { Conversation } from './conversation.ts';
import { Transcript } from './transcript.ts';

const style = styleFor({ env: { NO_COLOR: '1' }, screen: { isTTY: true } as never });
const dialog: DialogRequest = { requestId: 'q', method: 'confirm', title: 'Go on?' };
const BASH: KnownEvent = { type: 'tool_execution_start', toolCallId: 't', toolName: 'bash', args: { command: 'make' } };

function state(changes: Partial<AgentSessionState> = {}): AgentSessionState {
  const rest = { state: 'idle', steering: [], followUp: [], dialogs: [], ...changes };
  return { kind: 'agent', sessionId: 'a', backend: 'fake', cwd: '/', ...rest } as unknown as AgentSessionState;
}

let seq = 0;
function event(of: KnownEvent): FeedItem {
  seq += 1;
  return { kind: 'event', seq, timestamp: '2026-01-31T00:00:00.000Z', event: of, replay: false };
}

/** A feed of these items; an error ends it. */
function feed(items: readonly (FeedItem | Error)[], info: object = {}): AgentFeed {
  async function* read(): AsyncGenerator<FeedItem> {
    for (const item of items) {
      if (item instanceof Error) throw item;
      yield item;
    }
  }
  return { info: { from: 1, end: 1, ...info }, [Symbol.asyncIterator]: read } as unknown as AgentFeed;
}

/** A conversation with a daemon that gives these feeds and says these states, one after the other. */
function conversation(
  feeds: readonly AgentFeed[],
  states: readonly (AgentSessionState | Error)[],
  { signal } = new AbortController(),
) {
  const [waitingFeeds, waitingStates] = [[...feeds], [...states]];
  const shown: string[] = [];
  const request = async (type: string): Promise<unknown> => {
    if (type !== 'get_state') return { messages: [] };
    const next = waitingStates.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const client = { request, follow: async () => waitingFeeds.shift() } as unknown as Client;
  const print = async (rows: readonly string[]): Promise<void> => void shown.push(...rows);
  const view = { cols: 80, print, say: (text: string) => print([text]), onChange: () => {} };
  const transcript = new Transcript({ style, showThinking: false });
  const made = new Conversation({ client, sessionId: 'a', transcript, view, signal });
  return { made, shown, transcript };
}

it('asks how the agent is where events are missing: what it worked on and asked may be over', async () => {
  const begun = [
    event({ type: 'agent_phase_changed', from: 'idle', to: 'running' } as KnownEvent),
    event({ type: 'extension_ui_request', ...dialog }),
    event(BASH),
  ];
  const gap: FeedItem = { kind: 'gap', from: 4, to: 900 };
  const { made, transcript } = conversation([feed([...begun, gap])], [state(), state(), state()]);
  await made.begin();
  await made.follow();
  expect(made.state.isWorking).toBe(false);
  expect(made.dialogs.first).toBeUndefined();
  expect(transcript.live(80, 0)).toEqual([]);
});

it('goes on with the next life of a session, where nothing of the one before is under way', async () => {
  const restarted = new ProtocolError('INVALID_STATE', 'Cannot attach: it has another streamId');
  const said: KnownEvent = { type: 'extension_notify', message: 'here', level: 'info' };
  const feeds = [feed([event(BASH), restarted]), feed([event(said)])];
  const { made, shown, transcript } = conversation(feeds, [state(), state(), state(), state()]);
  await made.begin();
  await made.follow();
  expect(shown.filter((row) => row !== '')).toEqual(['the daemon was started again', 'here']);
  expect(transcript.live(80, 0)).toEqual([]);
});

it('waits for the next daemon when this one ends in good order', async () => {
  const ending = new ProtocolError('SHUTTING_DOWN', 'Cannot run get_state: the server is ending');
  const stopped = event({ type: 'agent_stopped', reason: 'shutdown' });
  const over = state({ state: 'stopped', exit: { exitCode: null, signal: null, reason: 'shutdown' } });
  const said: KnownEvent = { type: 'extension_notify', message: 'here', level: 'info' };
  const states = [state(), state(), ending, over, state()];
  const { made, shown } = conversation([feed([stopped]), feed([event(said)])], states);
  await made.begin();
  await made.follow();
  expect(shown.filter((row) => row !== '')).toEqual([
    'the daemon is ending, and the agent with it',
    'the agent had ended with an earlier run of the daemon, and was taken up again',
    'here',
  ]);
});

it('is left for the reason that it is left for, also while it waits for the next daemon', async () => {
  const ending = new ProtocolError('SHUTTING_DOWN', 'Cannot run get_state: the server is ending');
  const stopped = event({ type: 'agent_stopped', reason: 'shutdown' });
  const leaving = new AbortController();
  const { made } = conversation([feed([stopped])], [state(), state(), ending], leaving);
  await made.begin();
  const reason = new Error('left');
  leaving.abort(reason);
  await expect(made.follow()).rejects.toBe(reason);
});

it('tells why a session is over whose events ended with an earlier daemon', async () => {
  const exit = { exitCode: null, signal: null, reason: 'terminated' } as const;
  const gap: FeedItem = { kind: 'gap', from: 1, to: 15 };
  const over = state({ state: 'stopped', exit });
  const { made, shown } = conversation([feed([gap], { state: 'stopped', exit })], [over, over, over]);
  await made.begin();
  await made.follow();
  expect(shown.filter((row) => row !== '')).toEqual([
    '14 earlier events are no longer kept',
    'the session is over (terminated)',
  ]);
});

it.each([
  [true, 'yes'],
  [false, 'answered elsewhere'],
])('says whose answer it was: taken %s', async (isTaken, said) => {
  const over = event({ type: 'extension_ui_resolved', requestId: 'q', end: 'answered' });
  const { made, shown } = conversation([feed([over])], [state(), state({ dialogs: [dialog] })]);
  await made.begin();
  made.dialogs.answered('q', { answer: { confirmed: true }, isTaken: Promise.resolve(isTaken) });
  await made.follow();
  expect(shown).toEqual([`? Go on? → ${said}`]);
});
