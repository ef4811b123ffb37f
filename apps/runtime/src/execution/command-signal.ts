import { ProtocolError } from '@sessiond/protocol';

/** A signal that aborts when time is up or somebody cancels; its reason is the error the client gets. */
export interface CommandSignal {
  readonly signal: AbortSignal;
  cancel(reason: ProtocolError): void;
  /** Stops the clock. Called once the command has ended. */
  release(): void;
}

/** Starts the clock of one command; `null` means no deadline. */
export function commandSignal(timeoutMs: number | null): CommandSignal {
  const controller = new AbortController();
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => {
          const message = `The command did not finish within ${timeoutMs} ms`;
          controller.abort(new ProtocolError('TIMEOUT', message, { timedOut: true }));
        }, timeoutMs);
  return {
    signal: controller.signal,
    cancel: (reason) => controller.abort(reason),
    release: () => clearTimeout(timer),
  };
}
