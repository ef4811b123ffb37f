import type { IncomingMessage } from 'node:http';

/** Who a connection is, and what it may do. */
export interface Principal {
  /** Who it is: what it creates belongs to whoever has this id. `owner` and `token:…` are given by the daemon itself alone. */
  readonly id: string;
  /** What it may do; `*` is everything. */
  readonly scopes: readonly string[];
  /** Patterns of the ids of sessions that it may reach besides its own, with `*` for any characters; none by default. */
  readonly sessions?: readonly string[];
  /** Patterns of which the id of any session that it reaches must match one, its own and those of `admin` included; absent: any may. */
  readonly within?: readonly string[];
  /** When it ceases to be known, in milliseconds of the wall clock; its connections end then. Absent: never. */
  readonly expiresAtMs?: number;
  /** Aborts when it ceases to be known before that; its connections end then. */
  readonly revoked?: AbortSignal;
}

/**
 * The person the daemon belongs to. The Unix socket, stdio and the first token all prove the same thing, being that user, so all
 * lead to one principal: a session created through one is at home in the others.
 */
export const OWNER: Principal = Object.freeze({ id: 'owner', scopes: Object.freeze(['*']) });

/** What a provider says about one request. */
export type AuthResult =
  | {
      readonly ok: true;
      /** Absent from a provider that has nothing against the request, but does not know who it is from. */
      readonly principal?: Principal;
    }
  | {
      readonly ok: false;
      /** Sent to the client: it says what to bring, never what was wrong with what it brought. */
      readonly message: string;
      /** `UNAUTHENTICATED`, the default: the credential is missing or wrong. `FORBIDDEN`: none would help. */
      readonly code?: 'UNAUTHENTICATED' | 'FORBIDDEN';
    };

/**
 * Decides who is at the other end, before a connection exists.
 *
 * May take five seconds: nothing a client sends meanwhile is lost. One that takes longer or whose promise rejects lets nobody in; that is
 * logged and answered with 503, and not held against the client.
 */
export interface AuthProvider {
  authenticate(request: IncomingMessage): Promise<AuthResult>;
  /** The daemon ends, or does not start. Called once; must not throw. */
  close?(): void;
}
