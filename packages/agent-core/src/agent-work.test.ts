import { getEventListeners } from 'node:events';
import type { AgentEvent, DialogAnswer } from '@sessiond/protocol';
import { describe, expect, it } from 'vitest';
import { FakeClock, settled } from '../test/fake-clock.ts';
import { AgentLife } from './agent-life.ts';
import { AgentWork } from './agent-work.ts';
import type { PromptOutcome } from './backend.ts';
import { AgentFailedError } from './errors.ts';

const never = new AbortController().signal;
const DONE: PromptOutcome = { stopReason: 'stop', text: 'done' };

/** An agent whose work the test ends; `stops`: whether it does when it is told to. */
function bench({ stops = true, firstTokenMs }: { stops?: boolean; firstTokenMs?: number } = {}) {
  const clock = new FakeClock();
  const told: string[] = [];
  const life = new AgentLife({ emit: ({ type }) => told.push(type), now: () => 0 });
  life.apply('started');
  let end: (outcome: PromptOutcome) => void = () => {};
  let fail: (error: Error) => void = () => {};
  let answer: (answer: DialogAnswer) => void = () => {};
  const work = new AgentWork({
    clock,
    life,
    owner: {
      ask: (_, signal) =>
        new Promise((resolve) => {
          answer = resolve;
          signal.addEventListener('abort', () => resolve({ cancelled: true }));
        }),
    },
    abortMs: 500,
    firstTokenMs,
    asked: () => ({ provider: 'acme', model: 'm-1' }),
    tellToStop: () => {
      told.push('told to stop');
      if (stops) end({ stopReason: 'aborted', text: 'half' });
    },
    endProcess: async () => {
      told.push('process ended');
      fail(new AgentFailedError('gone', { interrupted: true }));
    },
  });
  const doing = (stop: AbortSignal) => {
    stop.addEventListener('abort', () => told.push('signal'));
    return new Promise<PromptOutcome>((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
  };
  const observe = (...events: AgentEvent[]) => events.forEach((event) => void work.observe(event));
  return {
    clock,
    told,
    life,
    work,
    doing,
    observe,
    end: (outcome = DONE) => end(outcome),
    fail: (error: Error) => fail(error),
    answer: (given: DialogAnswer) => answer(given),
  };
}

const PIECE: AgentEvent = {
  type: 'message_update',
  assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta: 'a' },
};

describe('the work of an agent', () => {
  it('[AG10] is one thing at a time, during which the agent runs', async () => {
    const { work, life, doing, end } = bench();
    const prompt = work.prompt(never, doing);
    expect([work.kind, life.phase]).toEqual(['prompt', 'running']);
    expect(() => work.checkReady('prompt agent')).toThrow('Cannot prompt agent: the agent works');
    expect(() => work.checkWorking('steer agent')).not.toThrow();
    end();
    expect(await prompt).toEqual(DONE);
    expect([work.kind, life.phase]).toEqual([undefined, 'idle']);
    expect(() => work.checkReady('prompt agent')).not.toThrow();
    expect(() => work.checkWorking('steer agent')).toThrow(/works on no prompt/);
  });

  it('[AG10] measures the time to the first piece of an answer, of each prompt anew', async () => {
    const { work, clock, doing, end, observe } = bench();
    observe(PIECE);
    for (const afterMs of [30, 70]) {
      const prompt = work.prompt(never, doing);
      await clock.advance(afterMs);
      observe(PIECE);
      await clock.advance(1_000);
      observe(PIECE);
      end();
      expect(await prompt).toEqual({ ...DONE, firstTokenMs: afterMs });
    }
  });

  it('[AG11] tells the agent to stop, then aborts its signal, and ends no process of one that stops', async () => {
    const { work, told, doing } = bench();
    const prompt = work.prompt(never, doing);
    expect(await work.abort(1_000)).toBe(true);
    expect(await prompt).toEqual({ stopReason: 'aborted', text: 'half' });
    expect(told.slice(-3)).toEqual(['told to stop', 'signal', 'agent_phase_changed']);
    expect(await work.abort(1_000)).toBe(false);
  });

  it('[AG11] ends what does not stop with its process, whoever of several has the least patience', async () => {
    const { work, told, clock, doing } = bench({ stops: false });
    const prompt = work.prompt(never, doing);
    const aborts = Promise.all([work.abort(10_000), work.abort(200)]);
    await clock.advance(199);
    expect(told).not.toContain('process ended');
    await clock.advance(1);
    expect(await aborts).toEqual([true, true]);
    expect(await prompt).toEqual({ stopReason: 'aborted', text: '' });
    expect(told.filter((each) => each === 'process ended' || each === 'told to stop')).toHaveLength(2);
    expect(clock.waiting).toBe(0);
  });

  it('[AG12] ends for a caller who gives up, who is told the reason once it is over', async () => {
    const { work, told, clock, doing } = bench({ stops: false });
    const caller = new AbortController();
    const prompt = work.prompt(caller.signal, () => doing(new AbortController().signal));
    const reason = new Error('gave up');
    const rejected = expect(prompt).rejects.toBe(reason);
    caller.abort(reason);
    await clock.advance(499);
    expect(told).not.toContain('process ended');
    await clock.advance(1);
    await rejected;
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it('[AG11] says of anything else that it was aborted, also when its process went with it', async () => {
    const { work, clock, doing, end, fail } = bench({ stops: false });
    const compact = work.run('compact', never, doing);
    const rejected = expect(compact).rejects.toMatchObject({
      code: 'agent-aborted',
      message: 'Cannot carry out compact: it was aborted',
    });
    const aborted = work.abort(200);
    await clock.advance(200);
    await rejected;
    expect(await aborted).toBe(true);
    const lost = work.run('compact', never, doing);
    fail(new AgentFailedError('gone', { interrupted: true }));
    await expect(lost).rejects.toMatchObject({ interrupted: true });
    const done = work.run('compact', never, doing);
    end();
    expect(await done).toEqual(DONE);
  });

  it('[AG11] answers with what it did when it was done before it was told to stop', async () => {
    const { work, doing, end } = bench({ stops: false });
    const prompt = work.prompt(never, doing);
    end();
    const aborted = work.abort(1_000);
    expect(await prompt).toEqual(DONE);
    expect(await aborted).toBe(true);
  });

  it('[AG16] rejects with what went wrong, remembers it, and forgets it with the next success', async () => {
    const { work, doing, end, fail } = bench();
    const prompt = work.prompt(never, doing);
    fail(new AgentFailedError('it broke'));
    await expect(prompt).rejects.toThrow('it broke');
    expect(work.lastError).toBe('it broke');
    const next = work.prompt(never, doing);
    end();
    await next;
    expect(work.lastError).toBeUndefined();
  });

  it('[AG16] leaves the phase of a lost process alone', async () => {
    const { work, life, doing, fail } = bench();
    const prompt = work.prompt(never, doing);
    life.processEnded({ attempt: 1, delayMs: 0, exit: { exitCode: 1, signal: null } });
    fail(new AgentFailedError('gone', { interrupted: true }));
    await expect(prompt).rejects.toMatchObject({ interrupted: true });
    expect(life.phase).toBe('restarting');
    expect(() => work.checkReady('prompt agent')).toThrow(/started again/);
  });

  it('[AG19] refuses everything once it is closed', () => {
    const { work } = bench();
    work.close();
    for (const check of ['checkOpen', 'checkUp', 'checkReady', 'checkWorking'] as const) {
      expect(() => work[check]('go on')).toThrow('Cannot go on: the agent is stopped');
      expect(() => work[check]('go on', AbortSignal.abort(new Error('gave up')))).toThrow('gave up');
    }
  });

  it('[AG15] takes questions back when it is ended, also those that were asked beside a turn', async () => {
    const { work, doing } = bench();
    const question = { method: 'confirm', title: 'Go on?' } as const;
    const beside = work.ask(question, never);
    expect(await work.abort(1_000)).toBe(false);
    work.interrupt();
    expect(await beside).toEqual({ cancelled: true });
    const prompt = work.prompt(never, doing);
    const within = work.ask(question, never);
    await work.abort(1_000);
    expect(await within).toEqual({ cancelled: true });
    await prompt;
  });

  it('[AG11] holds nothing of ten thousand turns', async () => {
    const { work, doing, end, clock, answer } = bench({ firstTokenMs: 100 });
    const caller = new AbortController();
    for (let turn = 0; turn < 10_000; turn += 1) {
      const prompt = work.prompt(caller.signal, () => doing(new AbortController().signal));
      const asked = work.ask({ method: 'input', title: 'Who?' }, caller.signal);
      await Promise.resolve();
      answer({ value: 'me' });
      await asked;
      end();
      await prompt;
    }
    expect(clock.waiting).toBe(0);
    for (const signal of [caller.signal, work.signal]) expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a model that says nothing', () => {
  const silence = { provider: 'acme', model: 'm-1', kind: 'silence' };

  it('[AG17] has the prompt fail as its provider, and the agent stopped like by anybody', async () => {
    const { work, told, clock, doing, observe } = bench({ firstTokenMs: 100 });
    const prompt = work.prompt(never, doing);
    const rejected = expect(prompt).rejects.toMatchObject({ provider: silence, interrupted: false });
    observe({ type: 'turn_start' });
    await clock.advance(100);
    await rejected;
    expect(told).toContain('told to stop');
    expect(told).not.toContain('process ended');
    expect(work.lastError).toBe('Cannot get an answer: provider acme said nothing within 100 ms');
  });

  it('[AG17] is blamed too when the agent has to be ended with its process', async () => {
    const { work, told, clock, doing, observe } = bench({ firstTokenMs: 100, stops: false });
    const rejected = expect(work.prompt(never, doing)).rejects.toMatchObject({ provider: silence, interrupted: false });
    observe({ type: 'turn_start' });
    await clock.advance(600);
    await rejected;
    expect(told).toContain('process ended');
  });

  it('[AG17] is not blamed for what somebody aborted before, nor for an answer that was there after all', async () => {
    const { work, clock, doing, observe, end } = bench({ firstTokenMs: 100, stops: false });
    const aborted = work.prompt(never, doing);
    observe({ type: 'turn_start' });
    await clock.advance(99);
    const abort = work.abort(1_000);
    await clock.advance(10);
    end({ stopReason: 'aborted', text: '' });
    expect(await aborted).toMatchObject({ stopReason: 'aborted' });
    await abort;
    const late = work.prompt(never, doing);
    observe({ type: 'turn_start' });
    await clock.advance(100);
    end();
    expect(await late).toEqual(DONE);
  });

  it('[AG12] does not take the reason from a caller who gave up', async () => {
    const { work, clock, doing, observe } = bench({ firstTokenMs: 100, stops: false });
    const caller = new AbortController();
    const rejected = expect(work.prompt(caller.signal, doing)).rejects.toThrow('gave up');
    observe({ type: 'turn_start' });
    await clock.advance(100);
    caller.abort(new Error('gave up'));
    await clock.advance(500);
    await rejected;
  });

  it('[AG17] has nothing to do with what is no prompt', async () => {
    const { work, clock, doing, observe, end } = bench({ firstTokenMs: 100 });
    const compact = work.run('compact', never, doing);
    observe({ type: 'turn_start' });
    await clock.advance(1_000);
    end();
    await settled();
    expect(await compact).toEqual(DONE);
  });
});
