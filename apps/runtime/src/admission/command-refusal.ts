import type { ProtocolFault } from '@sessiond/protocol';

/** A command that is not let in, as a plain value: no `Error`, no stack. */
export interface CommandRefusal {
  readonly ok: false;
  /** What the client is told. */
  readonly fault: ProtocolFault;
}
