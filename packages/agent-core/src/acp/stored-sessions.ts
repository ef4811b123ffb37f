import type { StoredSession } from '@sessiond/protocol';
import type { StoredQuery } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError } from '../errors.ts';
import { withEither } from '../with-either.ts';
import type { AcpLink } from './acp-link.ts';
import { agentFailure } from './agent-failure.ts';
import { isRecord, readList, readText } from './json.ts';

/** Most pages of a list that are asked for. */
const MAX_PAGES = 20;

/** Most conversations of one page that are looked at. */
const MAX_PAGE = 10_000;

/** Longest text of a field. */
const MAX_TEXT = 4_096;

/** How long one of several agents may take: one that is busy does not listen. */
const ANSWER_MS = 5_000;

/** Which conversations are wanted, and what they are said to be of. */
type Query = StoredQuery & { readonly backend: string };

/**
 * Asks several agents at once which conversations they keep, newest first, at most `limit`. One that fails, or does not answer within five seconds, has none.
 * @throws AgentFailedError when all of them have failed, the signal's reason.
 */
export async function listAllStoredSessions(
  links: readonly AcpLink[],
  query: Query,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StoredSession[]> {
  const late = new AbortController();
  const cancel = clock.after(ANSWER_MS, () => {
    late.abort(new AgentFailedError(`Cannot list conversations: the agent did not answer within ${ANSWER_MS} ms`));
  });
  const answers = await withEither(signal, late.signal, (either) =>
    Promise.allSettled(links.map((link) => listStoredSessions(link, query, either))),
  );
  cancel();
  signal.throwIfAborted();
  const [failure] = answers.filter((answer) => answer.status === 'rejected');
  if (failure !== undefined && answers.every(({ status }) => status === 'rejected')) throw failure.reason;
  const found = new Map<string, StoredSession>();
  for (const answer of answers) {
    if (answer.status === 'rejected') continue;
    for (const session of answer.value) found.set(session.agentSessionId, session);
  }
  return newestFirst([...found.values()]).slice(0, query.limit);
}

/**
 * Asks an agent which conversations it keeps, newest first, at most `limit`.
 * @throws AgentFailedError, the signal's reason.
 */
export async function listStoredSessions(
  link: AcpLink,
  { backend, cwd, limit }: Query,
  signal: AbortSignal,
): Promise<StoredSession[]> {
  const sessions: StoredSession[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && sessions.length < limit; page += 1) {
    const answer = await ask(
      link,
      { ...(cwd !== undefined && { cwd }), ...(cursor !== undefined && { cursor }) },
      signal,
    );
    if (!isRecord(answer)) break;
    sessions.push(...readList(answer['sessions'], MAX_PAGE, (item) => readSession(item, backend)));
    cursor = readText(answer['nextCursor'], MAX_TEXT);
    if (cursor === undefined) break;
  }
  // Some agents do not look at the folder that is asked for.
  const wanted = sessions.filter((session) => cwd === undefined || session.cwd === cwd);
  return newestFirst(wanted).slice(0, limit);
}

function newestFirst(sessions: StoredSession[]): StoredSession[] {
  return sessions.sort((a, b) => (a.modifiedAt < b.modifiedAt ? 1 : -1));
}

async function ask(link: AcpLink, params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
  try {
    return await link.request('session/list', params, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw agentFailure('list conversations', error, { provider: link.abilities.name });
  }
}

function readSession(item: unknown, backend: string): StoredSession | undefined {
  if (!isRecord(item)) return undefined;
  const agentSessionId = readText(item['sessionId'], MAX_TEXT);
  if (agentSessionId === undefined) return undefined;
  const cwd = readText(item['cwd'], MAX_TEXT);
  const name = readText(item['title'], MAX_TEXT);
  return {
    backend,
    agentSessionId,
    modifiedAt: readTime(item['updatedAt']),
    ...(cwd !== undefined && { cwd }),
    ...(name !== undefined && { name }),
  };
}

/** A time as the protocol of the daemon writes it; an agent that tells none keeps its conversations at the end of the list. */
function readTime(value: unknown): string {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return new Date(Number.isNaN(time) ? 0 : time).toISOString();
}
