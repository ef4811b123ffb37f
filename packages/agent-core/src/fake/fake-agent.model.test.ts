import type { AgentEvent } from '@sessiond/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeClock, settled } from '../../test/fake-clock.ts';
import type { Agent } from '../backend.ts';
import { FakeBackend } from './fake-backend.ts';

const never = new AbortController().signal;

/** What may happen to an agent, in any order. */
type Step =
  | { readonly does: 'prompt'; readonly message: string; readonly givesUp: boolean }
  | { readonly does: 'steer' | 'followUp' | 'compact' | 'answer' | 'giveUp' }
  | { readonly does: 'abort' | 'wait'; readonly ms: number };

const MESSAGES = [
  'echo a',
  'stream 40 5',
  'slow 50',
  'hang',
  'stubborn',
  'crash',
  'dialog select',
  'queue',
  'fail 500',
];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('prompt' as const),
      message: fc.constantFrom(...MESSAGES),
      givesUp: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'steer' as const,
        'followUp' as const,
        'compact' as const,
        'answer' as const,
        'giveUp' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom('abort' as const, 'wait' as const),
      ms: fc.constantFrom(0, 1, 30, 250, 2_000),
    }),
  },
);

/** What is wrong with the order of what was told; what a process takes along that is lost or ended has no end of its own. */
function problems(events: readonly AgentEvent[]): string[] {
  const found: string[] = [];
  let open: string[] = [];
  let phase = 'starting';
  const begin = (what: string, within: string | undefined) => {
    if (open.at(-1) !== within) found.push(`${what} begins within ${open.at(-1)}`);
    open.push(what);
  };
  const end = (what: string) => {
    if (open.pop() !== what) found.push(`${what} ends, and is not the last that began`);
  };
  for (const [index, event] of events.entries()) {
    if (event.type === 'agent_start') begin('agent', undefined);
    else if (event.type === 'turn_start') begin('turn', 'agent');
    else if (event.type === 'message_start') begin('message', 'turn');
    else if (event.type === 'message_end') end('message');
    else if (event.type === 'turn_end') end('turn');
    else if (event.type === 'agent_end') end('agent');
    else if (event.type === 'message_update' && open.at(-1) !== 'message') found.push('a piece outside a message');
    else if (event.type === 'agent_restarting') open = [];
    else if (event.type === 'agent_phase_changed') {
      if (event.from !== phase) found.push(`from ${event.from} in ${phase}`);
      phase = event.to;
    } else if (event.type === 'agent_stopped') {
      open = [];
      if (index !== events.length - 1) found.push('told after the end');
    }
  }
  if (open.length > 0) found.push(`${open.join(', ')} never ended`);
  return found;
}

it('[AG10][AG11][AG16][AG19] ends everything it begins, tells it in order, and leaves nobody waiting, whatever happens when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const clock = new FakeClock();
      const backend = new FakeBackend({ clock, wallNow: () => 0, abortMs: 100, firstTokenMs: 1_000 });
      const events: AgentEvent[] = [];
      const answers: (() => void)[] = [];
      const agent: Agent = await backend.open(
        { sessionId: 's', cwd: '/', env: {}, toolEnv: {} },
        {
          onEvent: (event) => void events.push(event),
          onStatusChanged: () => {},
          ask: (_, signal) =>
            new Promise((resolve) => {
              answers.push(() => resolve({ value: 'red' }));
              signal.addEventListener('abort', () => resolve({ cancelled: true }), { once: true });
            }),
        },
        never,
      );
      let waiting = 0;
      const callers: AbortController[] = [];
      const call = (done: Promise<unknown>) => {
        waiting += 1;
        const over = () => {
          waiting -= 1;
        };
        done.then(over, over);
      };
      for (const each of steps) {
        switch (each.does) {
          case 'prompt': {
            const caller = new AbortController();
            if (each.givesUp) callers.push(caller);
            call(agent.prompt({ message: each.message }, caller.signal));
            break;
          }
          case 'steer':
            call(agent.steer({ message: 'echo left' }, never));
            break;
          case 'followUp':
            call(agent.followUp({ message: 'echo then' }, never));
            break;
          case 'compact':
            call(agent.perform({ type: 'compact', sessionId: 's' }, never));
            break;
          case 'answer':
            answers.pop()?.();
            break;
          case 'giveUp':
            callers.pop()?.abort(new Error('gave up'));
            break;
          case 'abort':
            call(agent.abort(each.ms));
            break;
          case 'wait':
            await clock.advance(each.ms);
        }
        await settled();
        const { phase, isStreaming, isCompacting } = agent.status;
        // What was lost with the process may have to be told yet.
        if (phase !== 'restarting') expect(isStreaming || isCompacting).toBe(phase === 'running');
      }
      call(agent.close(50));
      await clock.advance(1_000);
      expect(waiting).toBe(0);
      expect(events.at(-1)).toMatchObject({ type: 'agent_stopped' });
      expect(problems(events)).toEqual([]);
      expect(backend.snapshot()).toMatchObject({ agents: 0, processes: 0, restarting: 0 });
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 200 },
  );
});
