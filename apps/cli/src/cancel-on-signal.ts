import type { Client } from '@sessiond/client';
import type { Context } from './context.ts';
import { Interrupted } from './errors.ts';

/** A command of the daemon that signals cancel. */
export interface SignalledCommand {
  /** The signal that cancelled it, if one has. */
  readonly by: Interrupted['signal'] | undefined;
  /** Gives the signals back. */
  stop(): void;
}

/**
 * Lets the first signal cancel a command, whose answer then ends sessionctl; the second one ends sessionctl at once, and so does a first one of which the
 * daemon cannot be told. `onCancelled` is called with the first.
 */
export function cancelOnSignal(
  client: Client,
  commandId: string,
  { interruption }: Context,
  onCancelled?: () => void,
): SignalledCommand {
  let by: Interrupted['signal'] | undefined;
  const stop = interruption.take((signal) => {
    if (by !== undefined) return false;
    by = signal;
    onCancelled?.();
    client.request('cancel_command', { commandId }).catch(() => interruption.fail(new Interrupted(signal)));
    return true;
  });
  return {
    get by() {
      return by;
    },
    stop,
  };
}
