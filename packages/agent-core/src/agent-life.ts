import type { AgentEvent, AgentPhase, AgentTransition } from '@sessiond/protocol';
import type { AgentProcessExit } from './agent-process.ts';
import type { AgentStatus } from './backend.ts';

/** What moves an agent from one phase to the next. */
export type AgentLifeEvent = 'started' | 'work-began' | 'work-ended' | 'process-ended' | 'restarted' | 'stopped';

const PHASES: Readonly<Record<AgentPhase, Readonly<Partial<Record<AgentLifeEvent, AgentPhase>>>>> = {
  starting: { started: 'idle', stopped: 'stopped' },
  idle: { 'work-began': 'running', 'process-ended': 'restarting', stopped: 'stopped' },
  running: { 'work-ended': 'idle', 'process-ended': 'restarting', stopped: 'stopped' },
  restarting: { restarted: 'idle', stopped: 'stopped' },
  stopped: {},
};

/** The phase that follows, or `undefined` when the phase does not know the event. Pure. */
export function nextPhase(phase: AgentPhase, event: AgentLifeEvent): AgentPhase | undefined {
  return PHASES[phase][event];
}

const HISTORY_LENGTH = 10;

/** What a life tells. */
export type AgentLifeTold = AgentEvent<
  'agent_phase_changed' | 'agent_restarting' | 'agent_restarted' | 'agent_stopped'
>;

/** The end of an agent's process, and what is done about it. */
export interface AgentProcessLoss {
  /** Counts the starts that follow each other without a stable life in between. */
  readonly attempt: number;
  /** Until the next start. */
  readonly delayMs: number;
  readonly exit: AgentProcessExit;
}

/** What an {@link AgentLife} needs. */
export interface AgentLifeOptions {
  /** Takes everything that is told of it, in order. */
  readonly emit: (event: AgentLifeTold) => void;
  /** Wall-clock milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * The phase of one agent, its last ten transitions, and how its process ended last: what every kind of agent tells in the same words.
 *
 * ```
 *            started        work-began
 *  starting ────────→ idle ────────────→ running
 *     │              ↑ │ ↑ └─────────────┘ │
 *     │    restarted │ │ process-ended     │ process-ended
 *     │              │ ↓                   │
 *     │          restarting ←──────────────┘
 *     │ stopped      │ stopped (from every phase)
 *     └─────→ stopped ←
 * ```
 * An event that the phase does not know changes nothing: of two ends of the same work the first one counts, and what a lost process had begun has no end of its own.
 */
export class AgentLife {
  readonly #emit: (event: AgentLifeTold) => void;
  readonly #now: () => number;
  #phase: AgentPhase = 'starting';
  #transitions: readonly AgentTransition[] = [];
  #lastExit: AgentStatus['lastExit'];

  constructor({ emit, now }: AgentLifeOptions) {
    this.#emit = emit;
    this.#now = now ?? Date.now;
  }

  get phase(): AgentPhase {
    return this.#phase;
  }

  /** The last ten, oldest first; not changed afterwards. */
  get transitions(): readonly AgentTransition[] {
    return this.#transitions;
  }

  /** How its process ended last, as a status tells it; `undefined`: it never has. */
  get lastExit(): AgentStatus['lastExit'] {
    return this.#lastExit;
  }

  /** Notes how its process has ended, as {@link AgentLife.processEnded} does, for one that is not started again. */
  noteExit({ exitCode, signal }: AgentProcessExit): void {
    this.#lastExit = { ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }) };
  }

  /** Its process has ended, with what it worked on, and is started again. */
  processEnded({ attempt, delayMs, exit }: AgentProcessLoss): void {
    const { exitCode, signal } = exit;
    const interrupted = this.#phase === 'running';
    this.noteExit(exit);
    this.#emit({ type: 'agent_restarting', attempt, delayMs, exitCode, signal, interrupted });
    this.apply('process-ended');
  }

  /** Its process works again; `resumed`: with the conversation it had. */
  restarted(attempt: number, resumed: boolean): void {
    this.#emit({ type: 'agent_restarted', attempt, resumed });
    this.apply('restarted');
  }

  /** It is over; nothing is told afterwards. @returns false when it was over already, and nothing was told. */
  stop(reason: 'closed' | 'failed', errorMessage?: string): boolean {
    if (!this.apply('stopped', reason)) return false;
    this.#emit({ type: 'agent_stopped', reason, ...(errorMessage !== undefined && { errorMessage }) });
    return true;
  }

  /** Goes on, and tells it with the cause, by default the event. @returns whether the phase knows the event. */
  apply(event: AgentLifeEvent, cause: string = event): boolean {
    const from = this.#phase;
    const to = nextPhase(from, event);
    if (to === undefined) return false;
    this.#phase = to;
    const transition = { from, to, cause, ts: new Date(this.#now()).toISOString() };
    this.#transitions = [...this.#transitions.slice(1 - HISTORY_LENGTH), transition];
    this.#emit({ type: 'agent_phase_changed', from, to, cause });
    return true;
  }
}
