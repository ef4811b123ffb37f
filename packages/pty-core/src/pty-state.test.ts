import { describe, expect, test } from 'vitest';
import { InvalidTransitionError } from './errors.ts';
import { nextState, type PtyState, type PtyStateEvent, PtyStateMachine } from './pty-state.ts';

const STATES: readonly PtyState[] = ['idle', 'spawning', 'active', 'throttled', 'errored', 'stopped'];
const EVENTS: readonly PtyStateEvent[] = [
  'spawn-requested',
  'spawn-succeeded',
  'spawn-failed',
  'idle-timeout',
  'output-resumed',
  'unexpected-exit',
  'graceful-end',
  'cleanup',
];
const LEGAL: Readonly<Record<string, PtyState>> = {
  'idle spawn-requested': 'spawning',
  'spawning spawn-succeeded': 'active',
  'spawning spawn-failed': 'errored',
  'active idle-timeout': 'throttled',
  'active unexpected-exit': 'errored',
  'active graceful-end': 'stopped',
  'throttled output-resumed': 'active',
  'throttled unexpected-exit': 'errored',
  'throttled graceful-end': 'stopped',
  'errored cleanup': 'stopped',
};
const WAYS: Readonly<Record<PtyState, readonly PtyStateEvent[]>> = {
  idle: [],
  spawning: ['spawn-requested'],
  active: ['spawn-requested', 'spawn-succeeded'],
  throttled: ['spawn-requested', 'spawn-succeeded', 'idle-timeout'],
  errored: ['spawn-requested', 'spawn-failed'],
  stopped: ['spawn-requested', 'spawn-succeeded', 'graceful-end'],
};

function machineIn(state: PtyState): PtyStateMachine {
  const machine = new PtyStateMachine('p');
  for (const event of WAYS[state]) machine.apply(event);
  return machine;
}

describe('[B13] [T001] [FR-007-001] every pair of a state and an event', () => {
  const pairs = STATES.flatMap((state) => EVENTS.map((event) => ({ state, event })));

  test.each(pairs)('$state, $event', ({ state, event }) => {
    const expected = LEGAL[`${state} ${event}`];
    const machine = machineIn(state);
    expect(machine.state).toBe(state);
    expect(nextState(state, event)).toBe(expected);
    if (expected === undefined) {
      const before = machine.history;
      expect(() => machine.apply(event)).toThrow(
        expect.objectContaining({ code: 'INVALID_TRANSITION', ptyId: 'p', state, event }),
      );
      expect(machine.state).toBe(state);
      expect(machine.history).toBe(before);
    } else {
      expect(machine.apply(event)).toMatchObject({ from: state, to: expected, event });
      expect(machine.state).toBe(expected);
    }
  });
});

test('[B14] [T001] after 25 throttle cycles the history holds the last ten transitions with their times', () => {
  let now = 0;
  const machine = new PtyStateMachine('p', () => ++now);
  machine.apply('spawn-requested');
  machine.apply('spawn-succeeded');
  for (let cycle = 0; cycle < 25; cycle++) {
    machine.apply('idle-timeout');
    machine.apply('output-resumed');
  }
  expect(machine.history).toHaveLength(10);
  expect(machine.history.map(({ timestamp }) => timestamp)).toEqual([43, 44, 45, 46, 47, 48, 49, 50, 51, 52]);
  expect(machine.history.at(-1)).toEqual({ from: 'throttled', to: 'active', event: 'output-resumed', timestamp: 52 });
});

test('a history that was handed out does not change later', () => {
  const machine = new PtyStateMachine('p');
  machine.apply('spawn-requested');
  const { history } = machine;
  machine.apply('spawn-succeeded');
  expect(history).toHaveLength(1);
});

test('an illegal transition says what was tried and where', () => {
  expect(() => new PtyStateMachine('pty-7').apply('cleanup')).toThrow(InvalidTransitionError);
  expect(() => new PtyStateMachine('pty-7').apply('cleanup')).toThrow('Cannot apply cleanup: PTY pty-7 is idle');
});
