import type { Readable, Writable } from 'node:stream';
import type { Client } from '@sessiond/client';
import { connect, type NodeDialOptions } from '@sessiond/client/node';
import { type AgentSessionState, isProtocolError } from '@sessiond/protocol/client';
import { EXIT_CODES } from '../startup-error.ts';
import { RpcOutput } from './rpc-output.ts';
import { RpcRefusal } from './rpc-refusal.ts';
import { agentState } from './rpc-requests.ts';
import { RpcSession } from './rpc-session.ts';

/** Which session a client of the dialect is given. */
export interface RpcSessionChoice {
  /** Created when there is none, taken up again when it ended with an earlier run of the daemon; without an id a new one, named by the daemon. */
  readonly sessionId: string | undefined;
  /** The kind of agent of a new session. */
  readonly backend: string;
  /** The model of a new session; default the agent's own. */
  readonly model: string | undefined;
  /** Where a new session works, absolute. */
  readonly cwd: string;
}

/** What it is served with. */
export interface ServeRpcOptions {
  readonly choice: RpcSessionChoice;
  readonly daemon: NodeDialOptions;
  readonly version: string;
  readonly maxLineBytes: number;
  readonly input: Readable;
  readonly output: Writable;
  /** Told one sentence at a time what a person has to know. */
  readonly tell: (sentence: string) => void;
  /** Ends it like the end of the input. */
  readonly signal: AbortSignal;
}

/**
 * Serves one agent session of a running daemon on a pair of streams, in the dialect of `pi --mode rpc`, until the input ends and is answered; returns the exit code.
 *
 * The session lives on. Only the dialect is written to the output.
 */
export async function serveRpcSession(options: ServeRpcOptions): Promise<number> {
  const { choice, daemon, version, input, tell, signal } = options;
  const output = new RpcOutput(options.output);
  const over = AbortSignal.any([signal, output.gone]);
  let client: Client | undefined;
  try {
    client = await connect({ ...daemon, clientName: `sessiond-rpc/${version}`, signal: over });
    const sessionId = await findOrCreate(client, choice, over);
    if (choice.sessionId === undefined) tell(`the session is ${sessionId}`);
    const feed = await client.follow(sessionId, { signal: over });
    const { maxLineBytes } = options;
    const session = new RpcSession({ client, sessionId, cwd: choice.cwd, feed, output, maxLineBytes, onProblem: tell });
    const ended = session.read(input, over);
    const followed = session.follow();
    followed.catch(() => {});
    // The session may be over first; nothing more can be asked of it then.
    const isOver = await Promise.race([ended.then(() => false), followed.then(() => true)]);
    if (isOver) tell('the session is over');
    else await feed.detach();
    await output.flush();
    return EXIT_CODES.done;
  } catch (error) {
    if (over.aborted) return EXIT_CODES.done;
    tell((error as Error).message);
    return isProtocolError(error) || error instanceof RpcRefusal ? EXIT_CODES.failed : EXIT_CODES.unavailable;
  } finally {
    // What is read belongs to nobody now.
    input.destroy();
    await client?.close();
  }
}

async function findOrCreate(client: Client, choice: RpcSessionChoice, signal: AbortSignal): Promise<string> {
  const { sessionId, backend, model, cwd } = choice;
  const known = sessionId === undefined ? undefined : await find(client, sessionId);
  if (known !== undefined) {
    const { sessionId: id, exit } = known;
    // It ended with an earlier run of the daemon, in good order or not, where its conversation still is.
    const isKept = exit?.reason === 'lost' || exit?.reason === 'shutdown';
    if (isKept) await client.request('load_session', { sessionId: id }, { signal });
    return id;
  }
  const agent = { backend, ...(model !== undefined && { model }) };
  try {
    const fields = { ...(sessionId !== undefined && { sessionId }), kind: 'agent' as const, cwd, agent };
    return (await client.request('create_session', fields, { signal })).sessionId;
  } catch (error) {
    // Somebody else was first.
    if (sessionId === undefined || !isProtocolError(error) || error.code !== 'SESSION_EXISTS') throw error;
    await agentState(client, sessionId);
    return sessionId;
  }
}

async function find(client: Client, sessionId: string): Promise<AgentSessionState | undefined> {
  try {
    return await agentState(client, sessionId);
  } catch (error) {
    if (isProtocolError(error) && error.code === 'SESSION_NOT_FOUND') return undefined;
    throw error;
  }
}
