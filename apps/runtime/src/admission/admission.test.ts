import type { Command } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdmissionDesk, admitted, CREATE, fault, LIST, run, traits } from './admission-fixture.ts';

const MINUTE_MS = 60_000;

let desk: AdmissionDesk;
beforeEach(() => {
  desk = new AdmissionDesk();
});

describe('what is taken and given back', () => {
  it('is given back by a command that is withdrawn, once', () => {
    const admission = desk.admissionWith({ dataCommandsPerMinute: 1, maxInflightPerPrincipal: 1 });
    const first = admitted(admission.admit(CREATE, 'ada'));
    first.withdraw();
    first.withdraw();
    first.leave();
    const second = admitted(admission.admit(CREATE, 'ada'));
    expect(fault(admission.admit(CREATE, 'ada'))?.code).toBe('RATE_LIMITED');
    // The first one is long gone: withdrawing it again gives nothing of the second one back.
    first.withdraw();
    expect(fault(admission.admit(CREATE, 'ada'))?.code).toBe('RATE_LIMITED');
    second.withdraw();
    expect(desk.told.filter((line) => /refunded|late/.test(line))).toEqual(['data refunded', 'data refunded']);
  });

  it('is not given back to a window that is over', () => {
    const admission = desk.admissionWith({ controlCommandsPerMinute: 1 });
    const late = admitted(admission.admit(LIST, 'ada'));
    desk.now += 2 * MINUTE_MS;
    expect(run(admission, LIST, 'ada')).toBeUndefined();
    late.withdraw();
    expect(desk.told.filter((line) => line.startsWith('control'))).toEqual([
      'control granted',
      'control granted',
      'control late',
    ]);
    expect(run(admission, LIST, 'ada')?.code).toBe('RATE_LIMITED');
  });

  it('is used by a command that began, however it ended', () => {
    const admission = desk.admissionWith({ controlCommandsPerMinute: 3 });
    for (const code of ['TIMEOUT', 'CANCELLED', 'SESSION_NOT_FOUND'] as const) {
      expect(run(admission, LIST, 'ada', { code, message: 'no' })).toBeUndefined();
    }
    expect(run(admission, LIST, 'ada')?.code).toBe('RATE_LIMITED');
  });
});

it('[R13] never limits what tells how the server is or takes work from it, and counts none of it', () => {
  const limits = {
    controlCommandsPerMinute: 0,
    totalCommandsPerMinute: 0,
    maxInflightCommands: 1,
    maxInflightPerPrincipal: 1,
  };
  const admission = desk.admissionWith(limits);
  expect(run(admission, LIST, 'ada')?.code).toBe('RATE_LIMITED');
  desk.told.length = 0;
  const unlimited: Command[] = [
    { type: 'health_check' },
    { type: 'get_metrics' },
    { type: 'cancel_command', commandId: 'c' },
  ];
  for (const command of unlimited) {
    const answers = Array.from({ length: 1000 }, () => admission.admit(command, 'ada'));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(admitted(answers[0]!).begin(traits('st-1'))).toBeUndefined();
  }
  expect(desk.told).toEqual([]);
  expect(admission.snapshot().bulkheads[0]?.usage).toBe(0);
});
