/**
 * Whether the client can talk to the daemon.
 *
 * `open` → `reconnecting` after a loss → `open` again, or `closed` for good: by `close()` (no `cause`), when the
 * reconnect deadline passed, or when the daemon refused in a way that trying again cannot change.
 */
export type ClientState =
  | { readonly status: 'open' }
  | {
      readonly status: 'reconnecting';
      /** Counts from 1 for each loss. */
      readonly attempt: number;
      /** Milliseconds until the attempt. */
      readonly delayMs: number;
      readonly cause: Error;
    }
  | { readonly status: 'closed'; readonly cause: Error | undefined };

/** The client as plain JSON. */
export interface ClientSnapshot {
  readonly status: ClientState['status'];
  readonly address: string;
  readonly connectionId: string;
  readonly pendingRequests: number;
  readonly parkedRequests: number;
  readonly attachments: number;
  readonly reconnects: number;
  readonly bufferedBytes: number;
  /** Exceptions that listeners threw; they are caught and counted. */
  readonly listenerErrors: number;
}
