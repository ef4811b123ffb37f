import type { ConnectFailure } from '@sessiond/client';
import type { ResponseDataOf } from '@sessiond/protocol/client';
import type { Machine } from './machine.ts';

/** How one address was found. */
export interface Approach {
  /** Path of the socket, or URL; never holds a token. */
  readonly address: string;
  readonly transport: 'socket' | 'tcp';
  /** The daemon that answers there; without one, whether anybody listens. */
  readonly listener: { readonly kind: 'nobody' | 'unknown' } | { readonly kind: 'daemon'; readonly pid: number };
  /** Whether it lets this client in, and if not, why. */
  readonly outcome:
    | { readonly kind: 'open' }
    | { readonly kind: 'refused'; readonly failure: ConnectFailure; readonly message: string }
    /** Not tried, because nobody listens or it is another one's. */
    | { readonly kind: 'untried' };
}

/** What became of a session that was made only to be looked at. */
export type Trial =
  | { readonly kind: 'untried'; readonly reason: string }
  | { readonly kind: 'worked'; readonly tookMs: number }
  /** `step` is what did not work, as `Cannot …` goes on. */
  | { readonly kind: 'failed'; readonly step: string; readonly message: string };

/** What the daemon said of itself. */
export interface DaemonFacts {
  /** `undefined` where it does not answer the probe. */
  readonly pid: number | undefined;
  readonly serverVersion: string;
  readonly protocolVersion: string;
  readonly transports: readonly string[];
  /** `undefined` for who may not ask; so are the next two. */
  readonly health: ResponseDataOf<'health_check'> | undefined;
  readonly limits: Readonly<Record<string, number | null>> | undefined;
  /** How far its wall clock is ahead of the one here. */
  readonly clockAheadMs: number | undefined;
  readonly trial: Trial;
}

/** Everything that the checks go by, collected before the first of them looks. */
export interface Examined {
  readonly machine: Machine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly clientVersion: string;
  /** The protocol that this client speaks. */
  readonly protocolVersion: string;
  /** A person sits at a terminal. */
  readonly isInteractive: boolean;
  /** The daemon that is looked for is on this machine. */
  readonly isLocal: boolean;
  /** Where a daemon of this user keeps its files when nobody says otherwise. */
  readonly stateDir: string;
  /** In the order in which they were tried. */
  readonly approaches: readonly Approach[];
  /** `undefined` when none let this client in. */
  readonly daemon: DaemonFacts | undefined;
}
