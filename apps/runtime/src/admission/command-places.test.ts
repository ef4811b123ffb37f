import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdmittedCommand } from './admission.ts';
import { AdmissionDesk, admitted, fault, LIST } from './admission-fixture.ts';

let desk: AdmissionDesk;
beforeEach(() => {
  desk = new AdmissionDesk();
});

describe('places', () => {
  it('[R12] are refused when they are taken, and cost no budget', () => {
    const admission = desk.admissionWith({ controlCommandsPerMinute: 3, maxInflightPerPrincipal: 2 });
    const [first] = [admission.admit(LIST, 'ada'), admission.admit(LIST, 'ada')];
    for (let time = 0; time < 10; time += 1) {
      expect(fault(admission.admit(LIST, 'ada'))).toEqual({
        code: 'QUEUE_FULL',
        message: 'Cannot take the command: too many of one principal are in flight, allowed are 2',
        details: { bulkhead: 'principal' },
      });
    }
    admitted(first).leave();
    expect(fault(admission.admit(LIST, 'ada'))).toBeUndefined();
    expect(fault(admission.admit(LIST, 'ada'))?.code).toBe('RATE_LIMITED');
  });

  it('[R13] of one principal leave room for others, up to the bound for all', () => {
    const admission = desk.admissionWith({ maxInflightPerPrincipal: 2, maxInflightCommands: 3 });
    const answers = ['ada', 'ada', 'ada', 'bob', 'cid'].map((principal) => fault(admission.admit(LIST, principal)));
    expect(answers.map((answer) => answer?.details)).toEqual([
      undefined,
      undefined,
      { bulkhead: 'principal' },
      undefined,
      { bulkhead: 'commands' },
    ]);
    expect(desk.told.filter((line) => line.endsWith('refused'))).toEqual(['principal refused', 'commands refused']);
  });

  it('are as many as there are commands, whatever order they come and go in', () => {
    const principals = ['ada', 'bob', 'cid'];
    const step = fc.record({ leave: fc.boolean(), pick: fc.nat(), by: fc.constantFrom(...principals) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const admission = desk.admissionWith({ maxInflightPerPrincipal: 3, maxInflightCommands: 7 });
        const inFlight: { by: string; command: AdmittedCommand }[] = [];
        for (const { leave, pick, by } of steps) {
          if (leave && inFlight.length > 0) {
            const [gone] = inFlight.splice(pick % inFlight.length, 1);
            if (pick % 2 === 0) gone!.command.leave();
            else gone!.command.withdraw();
            gone!.command.leave();
          } else {
            const own = inFlight.filter((entry) => entry.by === by).length;
            const answer = admission.admit(LIST, by);
            expect(answer.ok).toBe(own < 3 && inFlight.length < 7);
            if (answer.ok) inFlight.push({ by, command: answer });
          }
          expect(admission.snapshot().bulkheads[0]).toMatchObject({ name: 'commands', usage: inFlight.length });
        }
      }),
    );
  });
});
