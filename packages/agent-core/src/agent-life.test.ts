import type { AgentPhase } from '@sessiond/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentLife, type AgentLifeEvent, nextPhase } from './agent-life.ts';

const PHASES: readonly AgentPhase[] = ['starting', 'idle', 'running', 'restarting', 'stopped'];
const EVENTS: readonly AgentLifeEvent[] = [
  'started',
  'work-began',
  'work-ended',
  'process-ended',
  'restarted',
  'stopped',
];

function livingFor(...events: AgentLifeEvent[]) {
  const told: unknown[] = [];
  const life = new AgentLife({ emit: (event) => told.push(event), now: () => 0 });
  for (const event of events) life.apply(event);
  return { life, told };
}

describe("an agent's life", () => {
  it('[AG06] goes through its phases and tells each with its cause', () => {
    const { life, told } = livingFor('started');
    expect(life.apply('work-began', 'prompt')).toBe(true);
    expect(life.phase).toBe('running');
    expect(told).toEqual([
      { type: 'agent_phase_changed', from: 'starting', to: 'idle', cause: 'started' },
      { type: 'agent_phase_changed', from: 'idle', to: 'running', cause: 'prompt' },
    ]);
  });

  it('[AG06] is idle after a restart, whatever ran before', () => {
    expect(livingFor('started', 'work-began', 'process-ended', 'work-ended', 'restarted').life.phase).toBe('idle');
  });

  it('[AG06] is over for good once it has stopped, which it can from every phase', () => {
    for (const phase of PHASES) expect(nextPhase(phase, 'stopped')).toBe(phase === 'stopped' ? undefined : 'stopped');
    for (const event of EVENTS) expect(nextPhase('stopped', event)).toBeUndefined();
  });

  it('[AG06] changes nothing and tells nothing when the phase does not know the event', () => {
    const { life, told } = livingFor('work-began');
    expect(life.apply('work-ended')).toBe(false);
    expect([life.phase, told]).toEqual(['starting', []]);
  });

  it('[AG06] remembers the last ten transitions, and tells as many as there were', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }), (events) => {
        const { life, told } = livingFor(...events);
        const ten = told.slice(-10) as { from: AgentPhase; to: AgentPhase; cause: string }[];
        const ts = '1970-01-01T00:00:00.000Z';
        expect(life.transitions).toEqual(ten.map(({ from, to, cause }) => ({ from, to, cause, ts })));
        expect(life.phase).toBe(ten.at(-1)?.to ?? 'starting');
      }),
    );
  });
});
