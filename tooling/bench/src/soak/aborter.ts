import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandContract } from '@sessiond/protocol';
import type { Random } from '../random.ts';
import { HungUp, Refused, SoakConnection } from './soak-connection.ts';

/** What was ended, and what went wrong. */
export interface AborterReport {
  readonly aborts: number;
  readonly problems: readonly string[];
}

/** Who ends things, where, and until when. */
export interface AborterOptions {
  readonly port: number;
  /** Nobody else's. */
  readonly sessionId: string;
  readonly random: Random;
  readonly isOver: () => boolean;
}

/** What an abort may take on a busy machine. */
const LIMIT_MS = 5_000;
const HAS_BASH = commandContract('bash') !== undefined;
const MAX_PROBLEMS = 5;

/** Begins what takes long and ends it before its time: waits, programs, terminals, and its own connection. */
export async function abort({ port, sessionId, random, isOver }: AborterOptions): Promise<AborterReport> {
  const problems: string[] = [];
  let aborts = 0;
  while (!isOver()) {
    const connection = await SoakConnection.open(
      port,
      () => {},
      () => {},
    );
    try {
      const pty = { command: 'sleep', args: ['1000'] };
      await connection.request('create_session', { sessionId, kind: 'pty', pty }).catch(ignore('SESSION_EXISTS'));
      const name = randomUUID();
      aborts += 1;
      const isBash = HAS_BASH && random.chance(0.5);
      const slow = isBash
        ? connection.request('bash', { sessionId, command: 'sleep 1000 & sleep 1000', cancelOnDisconnect: true }, name)
        : connection.request('wait_for', { sessionId, text: 'never', timeoutMs: 600_000 }, name);
      // Told below, if it fails otherwise than it should.
      const ended = slow.then(() => 'success', codeOf);
      await sleep(random.below(100));
      if (random.chance(0.2)) continue;
      if (isBash && random.chance(0.5)) await connection.request('abort_bash', { sessionId });
      else await connection.request('cancel_command', { commandId: name });
      const outcome = await Promise.race([ended, sleep(LIMIT_MS, 'no answer')]);
      if (outcome !== 'CANCELLED' && problems.length < MAX_PROBLEMS) {
        problems.push(`${sessionId}: ${isBash ? 'bash' : 'wait_for'} was aborted and answered with ${outcome}`);
      }
      if (random.chance(0.5)) await connection.request('terminate', { sessionId, gracePeriodMs: 100 });
      await connection.request('delete_session', { sessionId });
    } catch (error) {
      if (problems.length < MAX_PROBLEMS) problems.push(`${sessionId}: ${String(error)}`);
    } finally {
      connection.die();
    }
    await sleep(random.below(500));
  }
  const last = await SoakConnection.open(
    port,
    () => {},
    () => {},
  );
  await last.request('delete_session', { sessionId }).catch(ignore('SESSION_NOT_FOUND'));
  last.die();
  return { aborts, problems };
}

function codeOf(error: unknown): string {
  return error instanceof Refused ? error.code : error instanceof HungUp ? 'hung up' : String(error);
}

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Refused) || error.code !== code) throw error;
  };
}
