import type { AgentEvent } from '@sessiond/protocol';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { FirstTokenDeadline } from './first-token-deadline.ts';

const ASKED: AgentEvent = { type: 'turn_start' };
const PIECE: AgentEvent = {
  type: 'message_update',
  assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta: 'a' },
};

function deadline({ limitMs }: { limitMs: number | undefined } = { limitMs: 100 }) {
  const clock = new FakeClock();
  const late: number[] = [];
  const watched = new FirstTokenDeadline({ clock, limitMs, onLate: () => late.push(clock.now()) });
  const after = async (ms: number, ...events: AgentEvent[]) => {
    await clock.advance(ms);
    for (const event of events) watched.observe(event);
  };
  return { clock, late, watched, after };
}

describe('the deadline of a first token', () => {
  it('[AG17] is over when a model that was asked says nothing in time, and that once', async () => {
    const { late, after } = deadline();
    await after(10, ASKED);
    await after(1_000);
    expect(late).toEqual([110]);
  });

  it('[AG17] begins anew with each request of a turn', async () => {
    const { late, after } = deadline();
    await after(0, ASKED);
    await after(90, PIECE);
    await after(1_000, ASKED);
    await after(99);
    expect(late).toEqual([]);
    await after(1);
    expect(late).toEqual([1_190]);
  });

  const signs: readonly AgentEvent[] = [
    PIECE,
    { type: 'plan_update', entries: [] },
    { type: 'tool_execution_start', toolCallId: 'c', toolName: 'bash' },
    { type: 'message_end', role: 'assistant', stopReason: 'stop' },
    { type: 'turn_end' },
    { type: 'agent_end', stopReason: 'stop' },
    { type: 'compaction_start', reason: 'threshold' },
    { type: 'auto_retry_start', attempt: 1, maxAttempts: 3, delayMs: 5, errorMessage: 'overloaded' },
  ];
  it.each(signs.map((sign) => [sign.type, sign] as const))('[AG17] waits no longer after %s', async (_, sign) => {
    const { clock, late, after } = deadline();
    await after(0, ASKED, sign);
    expect(clock.waiting).toBe(0);
    await after(1_000);
    expect(late).toEqual([]);
  });

  it('[AG17] is not put off by what a person said, nor by what an extension says', async () => {
    const { late, after } = deadline();
    await after(0, ASKED, { type: 'message_end', role: 'user' });
    await after(99, { type: 'extension_status', key: 'k' }, { type: 'extension_notify', message: 'm', level: 'info' });
    await after(1);
    expect(late).toEqual([100]);
  });

  it('[AG17] lets no time pass while a person is asked, and begins anew with the last answer', async () => {
    const { late, watched, after } = deadline();
    await after(0, ASKED);
    await after(50);
    const [one, other] = [watched.pause(), watched.pause()];
    one();
    one();
    await after(5_000);
    other();
    await after(99);
    expect(late).toEqual([]);
    await after(1);
    expect(late).toEqual([5_150]);
  });

  it('[AG17] stays over when a person answers after it was stopped', async () => {
    const { clock, late, watched, after } = deadline();
    await after(0, ASKED);
    const goOn = watched.pause();
    watched.stop();
    goOn();
    await after(1_000);
    expect([late, clock.waiting]).toEqual([[], 0]);
  });

  it('[AG17] never is where there is none, and at zero at once', async () => {
    const never = deadline({ limitMs: undefined });
    await never.after(0, ASKED);
    expect(never.clock.waiting).toBe(0);
    const now = deadline({ limitMs: 0 });
    await now.after(0, ASKED);
    await now.after(0);
    expect(now.late).toEqual([0]);
  });
});
