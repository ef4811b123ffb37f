import { randomUUID } from 'node:crypto';
import type { Client } from '@sessiond/client';
import type { Trial } from './examined.ts';

const SCOPES = ['sessions:create', 'sessions:read', 'sessions:write'] as const;
const END_MS = 10_000;
/** It is removed at once; this is for the case that removing it fails. */
const KEPT_MS = 10_000;

/**
 * Starts a program in a session, awaits its end, reads what it wrote and removes the session: the way of every byte, once. Leaves nothing
 * behind and takes some milliseconds. Rejects only with the reason of `signal`.
 */
export async function trySession(client: Client, signal: AbortSignal): Promise<Trial> {
  const { scopes } = client.server.principal;
  const missing = SCOPES.find((scope) => !scopes.includes(scope));
  if (missing !== undefined) return { kind: 'untried', reason: `this token lacks the scope ${missing}` };
  const startedMs = performance.now();
  const sessionId = `doctor-${randomUUID()}`;
  let step = 'start a program';
  let isStarted = false;
  try {
    const pty = { command: 'sh', args: ['-c', 'printf %s "$1"', 'sh', sessionId] };
    await client.request(
      'create_session',
      { sessionId, kind: 'pty', name: 'sessionctl doctor', pty, retention: { afterExitMs: KEPT_MS } },
      { signal },
    );
    isStarted = true;
    step = 'see the end of a program';
    await client.request('wait_for', { sessionId, exit: true, timeoutMs: END_MS }, { signal });
    step = 'read what a program wrote';
    const { dataBase64 } = await client.request('read_output', { sessionId }, { signal });
    const output = Buffer.from(dataBase64, 'base64').toString();
    if (output !== sessionId) {
      return { kind: 'failed', step, message: `of ${sessionId.length} bytes, ${output.length} came or were others` };
    }
    step = 'remove a session';
    isStarted = false;
    await client.request('delete_session', { sessionId, gracePeriodMs: 0 }, { signal });
    return { kind: 'worked', tookMs: performance.now() - startedMs };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', step, message: (error as Error).message };
  } finally {
    if (isStarted) await client.request('delete_session', { sessionId, gracePeriodMs: 0 }).catch(() => {});
  }
}
