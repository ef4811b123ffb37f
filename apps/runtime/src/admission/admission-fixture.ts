import type { Command, ProtocolFault } from '@sessiond/protocol';
import pino from 'pino';
import { Admission, type AdmissionLimits, type AdmittedCommand } from './admission.ts';
import type { AdmissionObserver } from './admission-observer.ts';
import type { AskedModel, SessionTraits } from './breaker-rules.ts';
import type { CommandRefusal } from './command-refusal.ts';
import { NO_LIMITS } from './limits-fixture.ts';

export const CREATE: Command = { type: 'create_session', kind: 'pty' };
export const LIST: Command = { type: 'list_sessions' };

/** For tests: whoever stands beside admission, moves its time, and keeps what it tells and logs. */
export class AdmissionDesk {
  /** Clocks are not whole numbers. */
  now = 1_000_000.4;
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly #observer: AdmissionObserver = {
    limiterDecided: (limiter, decision) => this.told.push(`${limiter} ${decision}`),
    limiterRefunded: (limiter, result) => this.told.push(`${limiter} ${result}`),
    breakerCalled: (breaker, outcome) => this.told.push(`${breaker} ${outcome}`),
    breakerTransitioned: (breaker, scope, from, to) => this.told.push(`${breaker} ${scope} ${from}>${to}`),
    bulkheadWaited: (bulkhead, waitMs) => this.told.push(`${bulkhead} ${waitMs}`),
    bulkheadRefused: (bulkhead) => this.told.push(`${bulkhead} refused`),
  };

  /** Admission that limits only what the test is about. */
  admissionWith(limits: Partial<AdmissionLimits>): Admission {
    const logger = pino({ base: null, timestamp: false }, { write: (line: string) => this.logged.push(line) });
    return new Admission({
      limits: { ...NO_LIMITS, ...limits },
      logger,
      observer: this.#observer,
      now: () => this.now,
    });
  }
}

/** The command if it was let in. */
export function admitted(answer: AdmittedCommand | CommandRefusal): AdmittedCommand {
  if (!answer.ok) throw new Error(`not let in: ${answer.fault.code}`);
  return answer;
}

/** Why a command was not let in. */
export function fault(answer: AdmittedCommand | CommandRefusal): ProtocolFault | undefined {
  return answer.ok ? undefined : answer.fault;
}

/** What a breaker needs to know of sessions that are all the same. */
export function traits(instance: string, model?: AskedModel): SessionTraits {
  return { instanceOf: () => instance, modelOf: () => model };
}

/** Lets a command in, run and end. @returns why it was not let in, or did not begin. */
export function run(
  admission: Admission,
  command: Command,
  principal: string,
  outcome?: ProtocolFault,
  instance = 'st-1',
): ProtocolFault | undefined {
  const answer = admission.admit(command, principal);
  if (!answer.ok) return answer.fault;
  const refusal = answer.begin(traits(instance));
  if (refusal !== undefined) return refusal.fault;
  answer.end(outcome);
  answer.leave();
  return undefined;
}

/** Has a command sent so many times. @returns how often it ran. */
export function runs(admission: Admission, command: Command, principal: string, times: number): number {
  let passed = 0;
  for (let time = 0; time < times; time += 1) if (run(admission, command, principal) === undefined) passed += 1;
  return passed;
}
