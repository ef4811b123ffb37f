import type { Client } from '@sessiond/client';
import { ConnectError } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import { tellConnection } from './connection-notices.ts';
import type { Context } from './context.ts';
import { findTarget, type TargetOptions } from './discovery.ts';
import { UsageError } from './errors.ts';

/** How a connection is made and kept, where a command wants it otherwise than most. */
export interface ConnectSettings {
  /** Milliseconds for one attempt. */
  readonly connectTimeoutMs?: number;
  /** How long a lost connection is tried to be made again; default 30 s. */
  readonly reconnectMs?: number;
  /** Says when the connection is lost and when it is back: for what may have to wait for that. */
  readonly tellsLosses?: boolean;
}

/** How long a stream tries to come back to its daemon. */
const RECONNECT_DEADLINE_MS = 30_000;

/** A client and where it is connected to. */
export interface Daemon {
  readonly client: Client;
  /** Paths of the caller mean something to the daemon. */
  readonly isLocal: boolean;
}

/**
 * Connects to the daemon, does the work, closes the connection.
 *
 * @throws ConnectError whose message says how to start a daemon, when none was named and none runs.
 */
export async function withDaemon<T>(
  options: TargetOptions,
  context: Context,
  work: (daemon: Daemon) => Promise<T>,
  settings: ConnectSettings = {},
): Promise<T> {
  const { addresses, isLocal, isDefault } = findTarget(options, context);
  let failure: unknown;
  for (const address of addresses) {
    let client: Client;
    try {
      client = await connect({
        ...address,
        clientName: `sessionctl/${context.version}`,
        connectTimeoutMs: settings.connectTimeoutMs,
        reconnect: { deadlineMs: settings.reconnectMs ?? RECONNECT_DEADLINE_MS },
        signal: context.interruption.signal,
      });
    } catch (error) {
      if (error instanceof TypeError) throw new UsageError(error.message);
      // The most specific failure counts: a missing second socket says nothing about the first.
      failure ??= error;
      if (error instanceof ConnectError && error.failure === 'unreachable') continue;
      throw withRemedy(error);
    }
    const stopTelling = settings.tellsLosses === true ? tellConnection(context, client) : undefined;
    try {
      return await work({ client, isLocal });
    } finally {
      stopTelling?.();
      await client.close();
    }
  }
  if (!isDefault || !(failure instanceof ConnectError)) throw failure;
  throw new ConnectError(
    failure.address,
    'unreachable',
    'no daemon runs there. Start one with "sessiond" (in a checkout: "npm start"), or name another with --socket or --url',
    { cause: failure },
  );
}

function withRemedy(error: unknown): unknown {
  if (!(error instanceof ConnectError) || error.failure !== 'unauthenticated') return error;
  const remedy = 'it does not accept the token; give the one of its state folder with SESSIOND_TOKEN or --token';
  return new ConnectError(error.address, error.failure, remedy, { cause: error });
}
