/** The command line asks for something that cannot be: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** stdout, or the file that was asked for, takes no more, for another reason than that its reader is gone: a full disk, for example. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code = 'OUTPUT_FAILED';

  constructor(cause: NodeJS.ErrnoException, target = 'stdout') {
    super(`Cannot write to ${target}: ${cause.code ?? cause.message}`, { cause });
  }
}

/** A signal or a closed stdout ends the program; the sessions go on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly code = 'INTERRUPTED';
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT' | 'SIGPIPE';

  constructor(signal: Interrupted['signal']) {
    super(`Ended by ${signal}`);
    this.signal = signal;
  }
}
