import type { ProtocolFault } from '@sessiond/protocol';
import type { Admission, AdmittedCommand } from '../admission/admission.ts';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { JournalEntry } from '../journal/command-journal.ts';
import type { CommandDefects } from './command-defects.ts';
import type { CommandRecorder } from './command-recorder.ts';
import type { CommandRunParts, Waiter } from './command-run.ts';
import type { CommandTracer } from './command-tracer.ts';

/** What commands pass on their way in. */
export interface CommandDoorOptions {
  readonly admission: Pick<Admission, 'admit'>;
  readonly recorder: Pick<CommandRecorder, 'accept'>;
  /** Default: nothing is traced. */
  readonly tracer: CommandTracer | undefined;
  readonly defects: CommandDefects;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What a command that was let in is begun with, or why it was not. */
export type Entry = { readonly parts: CommandRunParts } | { readonly fault: ProtocolFault };

/**
 * Lets commands in: each is admitted, put on record and traced, in this order, or none of it. What one stage has given is taken back when a later one refuses or fails, so that a command
 * that is not let in leaves neither a place nor an entry behind.
 */
export class CommandDoor {
  readonly #options: CommandDoorOptions;

  constructor(options: CommandDoorOptions) {
    this.#options = options;
  }

  /** Never throws. */
  enter(waiter: Waiter, issuer: CommandIssuer): Entry {
    const { admission, recorder, tracer, defects, now } = this.#options;
    const { command, facts } = waiter;
    let admitted: AdmittedCommand | undefined;
    let record: JournalEntry | undefined;
    try {
      const answer = admission.admit(command, issuer.principal.id);
      if (!answer.ok) return answer;
      admitted = answer;
      record = recorder.accept(waiter, issuer);
      return { parts: { waiter, issuer, admitted, record, span: tracer?.begin(facts), admittedMs: now() } };
    } catch (error) {
      const fault = defects.faultOf(error, facts);
      defects.attempt(facts, () => record?.withdraw());
      defects.attempt(facts, () => admitted?.withdraw());
      return { fault };
    }
  }
}
