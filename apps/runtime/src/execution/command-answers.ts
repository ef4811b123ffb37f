import { commandContract, type ErrorCode, type ProtocolFault, UNREADABLE_COMMAND } from '@sessiond/protocol';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { RecordedOutcome } from '../journal/command-journal.ts';
import { addressed, failureText, replayed } from './command-answer.ts';
import { type CommandMemory, type Recalled, replayOf } from './command-memory.ts';
import type { CommandObserver } from './command-observer.ts';
import { answerOf, isFinal, UNRECORDED } from './command-outcome.ts';
import type { CommandRecorder } from './command-recorder.ts';
import type { CommandRun, RunningCommand, Waiter } from './command-run.ts';
import type { CommandsInFlight } from './commands-in-flight.ts';
import type { Outcome } from './outcome-store.ts';

/** What answers go through before they are told. */
export interface CommandAnswersOptions {
  readonly memory: CommandMemory;
  readonly recorder: CommandRecorder;
  readonly inFlight: CommandsInFlight;
  readonly observer: CommandObserver;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A command whose outcome is settled and only has to be recorded before it is told. */
const SETTLED: RunningCommand = Object.freeze({ abandon() {} });

/**
 * Answers commands, each exactly once: with the reason why it is not let in, from memory, or with its outcome. An outcome is on record and remembered before anybody is
 * told of it, and observers know of an answer before its sender does.
 */
export class CommandAnswers {
  readonly #memory: CommandMemory;
  readonly #recorder: CommandRecorder;
  readonly #inFlight: CommandsInFlight;
  readonly #observer: CommandObserver;
  readonly #now: () => number;
  readonly #replays = { id: 0, key: 0 };

  constructor({ memory, recorder, inFlight, observer, now }: CommandAnswersOptions) {
    this.#memory = memory;
    this.#recorder = recorder;
    this.#inFlight = inFlight;
    this.#observer = observer;
    this.#now = now;
  }

  /** Commands answered from memory: by their id, and by their idempotency key. */
  get replays(): { readonly id: number; readonly key: number } {
    return { ...this.#replays };
  }

  /** Takes note of a message that was answered without being asked about here. */
  refused(type: string | undefined, code: ErrorCode): void {
    const known = type === undefined ? undefined : commandContract(type);
    this.#observer.messageRefused(known?.type ?? UNREADABLE_COMMAND, code);
  }

  /** Answers what was sent before: at once, or with the command that still waits or runs. @returns that command. */
  recall(recalled: Recalled, waiter: Waiter, issuer: CommandIssuer): RunningCommand | undefined {
    if ('conflict' in recalled) return this.refuse(waiter, recalled.conflict);
    const { command } = waiter;
    this.#replays[recalled.by] += 1;
    if ('run' in recalled) {
      this.#memory.enter(recalled.run, waiter.keys);
      return recalled.run.join(waiter);
    }
    if (recalled.by === 'id') return this.#replay(waiter, recalled.outcome);
    this.#memory.takeOver(command, waiter.keys, recalled.outcome);
    const recorded = this.#recorder.repeat(waiter, issuer, recalled.outcome);
    if (recorded === undefined) return this.#replay(waiter, recalled.outcome);
    recorded.then(
      () => this.#replay(waiter, recalled.outcome),
      () => {
        const unrecorded = {
          code: UNRECORDED.code,
          text: failureText(command.type, UNRECORDED),
          rights: recalled.rights,
        };
        this.#memory.takeOver(command, waiter.keys, unrecorded);
        this.#replay(waiter, unrecorded);
      },
    );
    return SETTLED;
  }

  #replay({ command, facts, respond }: Waiter, outcome: Pick<Outcome, 'code' | 'text'>): undefined {
    const answer = replayOf(outcome, command);
    this.#observer.commandFinished(facts, answer.code, 0, true);
    respond(answer, command);
  }

  /** Answers with the reason why the command is not let in. */
  refuse({ command, respond }: Waiter, fault: ProtocolFault): undefined {
    this.refused(command.type, fault.code);
    respond({ code: fault.code, text: addressed(failureText(command.type, fault), command.id) }, command);
  }

  /** Answers everybody who waits for the command with its outcome, which is settled; one that is final is put on record first. */
  answer(run: CommandRun, outcome: RecordedOutcome): void {
    const { record } = run;
    const final = isFinal(run, outcome);
    if (record !== undefined && !final) record.withdraw();
    const recorded = record === undefined || !final ? undefined : this.#recorder.finish(run, record, outcome);
    if (recorded === undefined) this.#tell(run, outcome);
    else {
      recorded.then(
        () => this.#tell(run, outcome),
        () => this.#tell(run, run.startedMs === undefined ? outcome : { ok: false, fault: UNRECORDED }),
      );
    }
  }

  #tell(run: CommandRun, outcome: RecordedOutcome): void {
    const { data, ...answer } = answerOf(run.command.type, outcome);
    const final = isFinal(run, outcome);
    this.#inFlight.delete(run);
    run.isAnswered = true;
    this.#memory.leave(run, answer, { final, data });
    const durationMs = run.startedMs === undefined ? 0 : this.#now() - run.startedMs;
    for (const waiter of run.waiters) {
      const { command, facts, respond } = waiter;
      const isReplay = final && facts !== run.facts;
      this.#observer.commandFinished(facts, answer.code, isReplay ? 0 : durationMs, isReplay);
      const text = isReplay ? replayed(answer.text, command.id) : addressed(answer.text, command.id);
      respond(facts === run.facts ? { code: answer.code, text, data } : { code: answer.code, text }, command);
    }
    run.span?.end(answer.code);
    run.answered(answer.code);
    this.#inFlight.answered();
  }
}
