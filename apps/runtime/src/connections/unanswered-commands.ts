import { type Command, type CommandType, commandContract, type ProtocolFault } from '@sessiond/protocol';
import type { RunningCommand } from '../execution/command-run.ts';
import { type Listed, RunList } from '../execution/run-list.ts';

/** Commands of one connection that may be queued or running at a time. */
export const MAX_PENDING_COMMANDS = 100;
/** Commands with large answers, up to some megabytes of output, messages, conversations or metrics. */
const LARGE_ANSWERS: ReadonlySet<CommandType> = new Set<CommandType>([
  'read_output',
  'get_metrics',
  'get_messages',
  'get_tree',
  'get_fork_messages',
  'export_html',
  'list_stored_sessions',
]);
/** How many of these may be on their way at a time. */
const MAX_PENDING_LARGE = 4;

/** The commands that one connection waits for: at most 100, of them at most 4 with large answers. What is never limited comes on top, a few words each. */
export class UnansweredCommands {
  /** Made when a command is not answered at once, which few are. */
  #waiting: RunList<Unanswered> | undefined;
  /** Of these, those with large answers. */
  #large = 0;

  /** Why a command is not even tried; `isBackedUp` says whether earlier answers have not been read. */
  refusal(command: Command, isBackedUp: boolean): ProtocolFault | undefined {
    // What is never limited is answered in a few words, and waits for nothing unless it says so, so that nothing of it piles up.
    const mayWait = commandContract(command.type).limited || command.dependsOn !== undefined;
    const isLarge = LARGE_ANSWERS.has(command.type);
    if (!mayWait && !isLarge) return undefined;
    const isCrowded =
      (isLarge && this.#large >= MAX_PENDING_LARGE) || (mayWait && (this.#waiting?.size ?? 0) >= MAX_PENDING_COMMANDS);
    if (isCrowded) return queueFull('too many of this connection are unanswered');
    return isBackedUp ? queueFull('earlier answers have not been read') : undefined;
  }

  add(command: Command, running: RunningCommand): void {
    this.#waiting ??= new RunList();
    this.#waiting.add({ command, running, next: undefined, previous: undefined });
    if (LARGE_ANSWERS.has(command.type)) this.#large += 1;
  }

  /** It was answered. Nothing for one that was answered at once. Costs a look at those that were sent before it and still wait. */
  delete(command: Command): void {
    const answered = this.#waiting?.find((one) => one.command === command);
    if (answered === undefined) return;
    this.#waiting!.delete(answered);
    if (LARGE_ANSWERS.has(command.type)) this.#large -= 1;
  }

  /** Those that wait, in the order in which they came. */
  all(): (readonly [Command, RunningCommand])[] {
    return (this.#waiting?.all() ?? []).map(({ command, running }) => [command, running]);
  }
}

/** A command that was not answered at once. */
interface Unanswered extends Listed<Unanswered> {
  readonly command: Command;
  readonly running: RunningCommand;
}

function queueFull(reason: string): ProtocolFault {
  return { code: 'QUEUE_FULL', message: `Cannot take the command: ${reason}`, details: { bulkhead: 'connection' } };
}
