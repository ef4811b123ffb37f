import type { DialogAnswer } from '@sessiond/protocol';
import { Bulkhead } from '@sessiond/resilience';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import type { DialogQuestion } from './backend.ts';
import { type DialogEvent, Dialogs, type DialogsOptions } from './dialogs.ts';

const never = new AbortController().signal;
const confirm: DialogQuestion = { method: 'confirm', title: 'Deploy?' };

function setUp(options: Partial<DialogsOptions> = {}) {
  const events: DialogEvent[] = [];
  const clock = new FakeClock();
  const dialogs = new Dialogs({ emit: (event) => events.push(event), clock, ...options });
  return { events, clock, dialogs };
}

describe('dialogs', () => {
  it('[AG04] give the agent the first valid answer, and tell everybody that it is over', async () => {
    const { dialogs, events } = setUp();
    const answer = dialogs.ask({ method: 'select', title: 'Which?', options: ['a', 'b'] }, never);
    expect(dialogs.pending).toEqual([{ requestId: 'ui-1', method: 'select', title: 'Which?', options: ['a', 'b'] }]);
    expect(dialogs.answer('ui-1', { value: 'c' })).toMatchObject({ reason: 'invalid', field: 'value' });
    expect(dialogs.answer('ui-1', { value: 'b' })).toEqual({ ok: true });
    expect(dialogs.answer('ui-1', { value: 'a' })).toEqual({ ok: false, reason: 'not-pending' });
    expect(await answer).toEqual({ value: 'b' });
    expect(events).toEqual([
      { type: 'extension_ui_request', requestId: 'ui-1', method: 'select', title: 'Which?', options: ['a', 'b'] },
      { type: 'extension_ui_resolved', requestId: 'ui-1', end: 'answered' },
    ]);
    expect(dialogs.pending).toEqual([]);
  });

  it('give the agent no answer when a person declines', async () => {
    const { dialogs, events } = setUp({ idPrefix: 'life2-' });
    const answer = dialogs.ask(confirm, never);
    dialogs.answer('life2-1', { cancelled: true });
    expect(await answer).toEqual({ cancelled: true });
    expect(events.at(-1)).toEqual({ type: 'extension_ui_resolved', requestId: 'life2-1', end: 'cancelled' });
  });

  it.each([
    [undefined, undefined, undefined],
    [undefined, 70, 70],
    [50, undefined, 50],
    [50, 70, 50],
    [50, 20, 20],
    [undefined, 2 ** 31, undefined],
  ])('[AG05] with a limit of %s ms, a question of %s ms waits for %s ms', async (timeoutMs, asked, expected) => {
    const { dialogs, events, clock } = setUp({ ...(timeoutMs !== undefined && { timeoutMs }) });
    const answer = dialogs.ask({ ...confirm, ...(asked !== undefined && { timeoutMs: asked }) }, never);
    expect(dialogs.pending[0]?.timeoutMs).toBe(expected);
    expect(clock.waiting).toBe(expected === undefined ? 0 : 1);
    if (expected === undefined) return;
    await clock.advance(expected - 1);
    expect(dialogs.size).toBe(1);
    await clock.advance(1);
    expect(await answer).toEqual({ cancelled: true });
    expect(events.at(-1)).toMatchObject({ end: 'timeout' });
  });

  it('leave no timer and no listener behind once answered', async () => {
    const { dialogs, clock } = setUp({ timeoutMs: 50 });
    const controller = new AbortController();
    const answer = dialogs.ask(confirm, controller.signal);
    dialogs.answer('ui-1', { confirmed: false });
    expect(await answer).toEqual({ confirmed: false });
    expect(clock.waiting).toBe(0);
    controller.abort();
    expect(dialogs.snapshot().ends).toMatchObject({ answered: 1, aborted: 0 });
  });

  it('[AG05] end when whoever asked takes the question back, and ask nothing that was taken back before', async () => {
    const { dialogs, events } = setUp();
    const controller = new AbortController();
    const answer = dialogs.ask(confirm, controller.signal);
    controller.abort();
    expect(await answer).toEqual({ cancelled: true });
    expect(events.at(-1)).toEqual({ type: 'extension_ui_resolved', requestId: 'ui-1', end: 'aborted' });
    expect(await dialogs.ask(confirm, controller.signal)).toEqual({ cancelled: true });
    expect(events).toHaveLength(2);
  });

  it('[AG05] end all at once, oldest first, when the turn is aborted or the session is over', async () => {
    const { dialogs, events } = setUp();
    const answers = [dialogs.ask(confirm, never), dialogs.ask(confirm, never)];
    expect(dialogs.cancelAll('aborted')).toBe(2);
    answers.push(dialogs.ask(confirm, never));
    dialogs.close();
    dialogs.close();
    answers.push(dialogs.ask(confirm, never));
    expect(await Promise.all(answers)).toEqual(Array(4).fill({ cancelled: true }));
    expect(events.filter(({ type }) => type === 'extension_ui_resolved')).toEqual([
      { type: 'extension_ui_resolved', requestId: 'ui-1', end: 'aborted' },
      { type: 'extension_ui_resolved', requestId: 'ui-2', end: 'aborted' },
      { type: 'extension_ui_resolved', requestId: 'ui-3', end: 'gone' },
    ]);
  });

  it('[AG05] answer with the default over the cap of a session, and say so', async () => {
    const { dialogs, events } = setUp({ maxPending: 1 });
    void dialogs.ask(confirm, never);
    expect(await dialogs.ask({ ...confirm, message: 'To production' }, never)).toEqual({ cancelled: true });
    expect(events.slice(1)).toEqual([
      { type: 'extension_ui_request', requestId: 'ui-2', method: 'confirm', title: 'Deploy?' },
      { type: 'extension_ui_resolved', requestId: 'ui-2', end: 'capacity' },
    ]);
    expect(dialogs.size).toBe(1);
  });

  it('[AG05] share a cap with other sessions, and give the place back at every end', async () => {
    const places = new Bulkhead({ name: 'dialogs', limit: 1, maxQueue: 0 });
    const [one, other] = [setUp({ places }), setUp({ places })];
    void one.dialogs.ask(confirm, never);
    expect(await other.dialogs.ask(confirm, never)).toEqual({ cancelled: true });
    one.dialogs.answer('ui-1', { confirmed: true });
    void other.dialogs.ask(confirm, never);
    expect(other.dialogs.size).toBe(1);
    other.dialogs.close();
    expect(places.available).toBe(1);
  });

  it.each([
    ['its texts', { method: 'editor', title: 'Mend', prefill: 'ä'.repeat(60) }],
    ['its number of options', { method: 'select', title: 'Mend', options: Array(1001).fill('') }],
  ] as const)('[AG05] hold no question that is too large by %s', async (_, question) => {
    const { dialogs, events } = setUp({ maxQuestionBytes: 100 });
    expect(await dialogs.ask(question, never)).toEqual({ cancelled: true });
    expect(events).toEqual([
      { type: 'extension_ui_request', requestId: 'ui-1', method: question.method, title: 'Mend' },
      { type: 'extension_ui_resolved', requestId: 'ui-1', end: 'capacity' },
    ]);
  });

  it('can be answered by whoever is told of the question', async () => {
    const dialogs: Dialogs = new Dialogs({
      emit: (event) => {
        if (event.type === 'extension_ui_request') dialogs.answer(event.requestId, { confirmed: true });
      },
      timeoutMs: 1000,
    });
    expect(await dialogs.ask(confirm, never)).toEqual({ confirmed: true });
  });

  it('[AG04] [AG05] end each question exactly once and count it, whatever happens', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('ask' as const), timeoutMs: fc.integer({ min: 0, max: 100 }) }),
      fc.record({
        do: fc.constantFrom('answer' as const, 'decline' as const, 'abort' as const),
        at: fc.nat({ max: 20 }),
      }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 60 }) }),
      fc.record({ do: fc.constantFrom('cancelAll' as const, 'close' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const places = new Bulkhead({ limit: 3, maxQueue: 0 });
        const { dialogs, events, clock } = setUp({ maxPending: 4, places });
        const asked: { controller: AbortController; answer: Promise<DialogAnswer> }[] = [];
        for (const todo of steps) {
          if (todo.do === 'ask') {
            const controller = new AbortController();
            asked.push({
              controller,
              answer: dialogs.ask({ ...confirm, timeoutMs: todo.timeoutMs }, controller.signal),
            });
          } else if (todo.do === 'answer') dialogs.answer(`ui-${todo.at}`, { confirmed: true });
          else if (todo.do === 'decline') dialogs.answer(`ui-${todo.at}`, { cancelled: true });
          else if (todo.do === 'abort') asked[todo.at]?.controller.abort();
          else if (todo.do === 'wait') await clock.advance(todo.ms);
          else if (todo.do === 'cancelAll') dialogs.cancelAll('aborted');
          else dialogs.close();
          const { pending, asked: total, ends } = dialogs.snapshot();
          expect(total).toBe(pending + Object.values(ends).reduce((sum, count) => sum + count, 0));
          expect(places.available).toBe(3 - pending);
          expect(clock.waiting).toBe(pending);
        }
        dialogs.close();
        await Promise.all(asked.map(({ answer }) => answer));
        const idsOf = (type: string) => events.filter((event) => event.type === type).map(({ requestId }) => requestId);
        expect(idsOf('extension_ui_resolved').toSorted()).toEqual(idsOf('extension_ui_request').toSorted());
        expect(new Set(idsOf('extension_ui_request')).size).toBe(dialogs.snapshot().asked);
      }),
    );
  });
});
