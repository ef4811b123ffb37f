import type { AgentEvent, AgentPhase, AgentTransition } from '@sessiond/protocol';

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

/** What an {@link AgentLife} needs. */
export interface AgentLifeOptions {
  /** Takes `agent_phase_changed`. */
  readonly emit: (event: AgentEvent<'agent_phase_changed'>) => void;
  /** Wall-clock milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * The phase of one agent, and its last ten transitions.
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
  readonly #emit: (event: AgentEvent<'agent_phase_changed'>) => void;
  readonly #now: () => number;
  #phase: AgentPhase = 'starting';
  #transitions: readonly AgentTransition[] = [];

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
