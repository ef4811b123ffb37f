import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PtyLabels } from './events.ts';
import { PtyRegistry } from './pty-registry.ts';

interface FakePty {
  readonly id: string;
  readonly labels: () => PtyLabels;
  snapshot(): { readonly id: string; readonly laneId: string };
}

function labels(ptyId: string, laneId = 'lane', sessionId = 'session'): PtyLabels {
  return { ptyId, laneId, sessionId, terminalId: ptyId };
}

class Fixture {
  readonly registry: PtyRegistry<FakePty>;
  started = 0;

  constructor(maxPtys = 300, maxTombstones = 100) {
    this.registry = new PtyRegistry({ maxPtys, maxTombstones });
  }

  register(of: PtyLabels): FakePty {
    return this.registry.register(of, (labelsNow) => {
      this.started += 1;
      const { ptyId: id } = of;
      return { id, labels: labelsNow, snapshot: () => ({ id, laneId: labelsNow().laneId }) };
    });
  }
}

const ids = (ptys: readonly FakePty[]): string[] => ptys.map(({ id }) => id);

test('[B10] [T002] a PTY is found by its id, its lane and its session', () => {
  const { registry } = populated();
  expect(registry.get('b')?.id).toBe('b');
  expect(ids(registry.list())).toEqual(['a', 'b', 'c']);
  expect(ids(registry.byLane('one'))).toEqual(['a', 'b']);
  expect(ids(registry.bySession('y'))).toEqual(['b', 'c']);
  expect([registry.byLane('none'), registry.bySession('none'), registry.get('none')]).toEqual([[], [], undefined]);
  expect(registry.snapshot()).toMatchObject({ ptys: 3, lanes: 2, sessions: 2 });
});

function populated(): Fixture {
  const fixture = new Fixture();
  fixture.register(labels('a', 'one', 'x'));
  fixture.register(labels('b', 'one', 'y'));
  fixture.register(labels('c', 'two', 'y'));
  return fixture;
}

describe('[B10] [FR-007-002] what cannot be registered is not started', () => {
  test('a second PTY of one id', () => {
    const fixture = populated();
    expect(() => fixture.register(labels('a', 'three'))).toThrow(expect.objectContaining({ code: 'PTY_EXISTS' }));
    expect(fixture.started).toBe(3);
    expect(fixture.registry.get('a')?.labels().laneId).toBe('one');
  });

  test('[B08] one more than there may be', () => {
    const fixture = new Fixture(1);
    fixture.register(labels('a'));
    expect(() => fixture.register(labels('b'))).toThrow(
      expect.objectContaining({ code: 'CAPACITY_EXCEEDED', maxPtys: 1 }),
    );
    expect(fixture.started).toBe(1);
    expect(() => new Fixture(0).register(labels('a'))).toThrow(expect.objectContaining({ maxPtys: 0 }));
  });

  test('a PTY with an empty label', () => {
    const fixture = new Fixture();
    for (const label of ['ptyId', 'laneId', 'sessionId', 'terminalId']) {
      expect(() => fixture.register({ ...labels('a'), [label]: '' })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', option: label }),
      );
    }
    expect(fixture.started).toBe(0);
  });

  test('and a PTY that cannot be started is not registered', () => {
    const { registry } = new Fixture();
    const start = (): never => {
      throw new Error('no process');
    };
    expect(() => registry.register(labels('a'), start)).toThrow('no process');
    expect(registry.snapshot()).toMatchObject({ ptys: 0, lanes: 0, sessions: 0, tombstones: 0 });
  });
});

describe('[B11] [T002] an update', () => {
  test('moves a PTY to another lane and session, in the indexes and in its own labels', () => {
    const { registry } = populated();
    registry.update('a', { laneId: 'two', sessionId: 'z' });
    expect(registry.get('a')?.labels()).toEqual({ ...labels('a', 'two', 'z') });
    expect(ids(registry.byLane('one'))).toEqual(['b']);
    expect(ids(registry.byLane('two'))).toEqual(['c', 'a']);
    expect([ids(registry.bySession('x')), ids(registry.bySession('z'))]).toEqual([[], ['a']]);
    expect(registry.snapshot()).toMatchObject({ ptys: 3, lanes: 2, sessions: 2 });
  });

  test('cannot change the id, nor empty a label, nor invent a PTY', () => {
    const { registry } = populated();
    expect(() => registry.update('a', { ptyId: 'z' } as object)).toThrow(expect.objectContaining({ option: 'ptyId' }));
    expect(() => registry.update('a', { laneId: '' })).toThrow(expect.objectContaining({ option: 'laneId' }));
    expect(() => registry.update('z', {})).toThrow(expect.objectContaining({ code: 'PTY_NOT_FOUND' }));
    expect(registry.get('a')?.labels()).toEqual(labels('a', 'one', 'x'));
  });
});

describe('[B12] [T015] a PTY that is gone', () => {
  test('is in no index any more, and its last snapshot is remembered', () => {
    const { registry } = populated();
    registry.update('b', { laneId: 'last' });
    expect(registry.remove('b')).toBe(true);
    expect(registry.remove('b')).toBe(false);
    expect(registry.get('b')).toBeUndefined();
    expect([ids(registry.byLane('last')), ids(registry.bySession('y'))]).toEqual([[], ['c']]);
    expect(registry.tombstone('b')).toEqual({ id: 'b', laneId: 'last' });
    expect(registry.tombstone('a')).toBeUndefined();
  });

  test('may have a successor of the same id; its tombstone is replaced when that one is gone too', () => {
    const fixture = new Fixture();
    for (const laneId of ['first', 'second']) {
      fixture.register(labels('a', laneId));
      fixture.registry.remove('a');
    }
    expect(fixture.registry.tombstone('a')).toEqual({ id: 'a', laneId: 'second' });
    expect(fixture.registry.snapshot()).toMatchObject({ ptys: 0, tombstones: 1 });
  });

  test('is forgotten when too many are gone after it', () => {
    const fixture = new Fixture(300, 2);
    for (const id of ['a', 'b', 'a', 'c']) {
      fixture.register(labels(id));
      fixture.registry.remove(id);
    }
    expect(['a', 'b', 'c'].map((id) => fixture.registry.tombstone(id)?.id)).toEqual(['a', undefined, 'c']);
  });

  test('is not remembered at all when nothing is to be', () => {
    const fixture = new Fixture(300, 0);
    fixture.register(labels('a'));
    fixture.registry.remove('a');
    expect(fixture.registry.tombstone('a')).toBeUndefined();
  });
});

test('a bound that is no integer of at least 0 is refused', () => {
  for (const bad of [-1, 0.5, Number.NaN]) {
    expect(() => new Fixture(bad)).toThrow(expect.objectContaining({ option: 'maxPtys' }));
    expect(() => new Fixture(1, bad)).toThrow(expect.objectContaining({ option: 'maxTombstones' }));
  }
});

test('[T002] after any sequence of changes the indexes say what a search through all labels says', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const label = fc.constantFrom('x', 'y', 'z');
  const change = fc.oneof(
    fc.record({ act: fc.constant('register' as const), id, laneId: label, sessionId: label }),
    fc.record({ act: fc.constant('update' as const), id, laneId: label, sessionId: label }),
    fc.record({ act: fc.constant('remove' as const), id, laneId: label, sessionId: label }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const fixture = new Fixture(3, 2);
      const { registry } = fixture;
      const model = new Map<string, PtyLabels>();
      for (const { act, id: ptyId, laneId, sessionId } of changes) {
        const next = labels(ptyId, laneId, sessionId);
        const known = model.has(ptyId);
        const possible = act === 'register' ? !known && model.size < 3 : known;
        const apply = (): unknown => {
          if (act === 'register') return fixture.register(next);
          return act === 'update' ? registry.update(ptyId, { laneId, sessionId }) : registry.remove(ptyId);
        };
        if (!possible && act !== 'remove') {
          expect(apply).toThrow();
          continue;
        }
        apply();
        if (act === 'remove') model.delete(ptyId);
        else model.set(ptyId, next);
      }
      const idsWhere = (matches: (of: PtyLabels) => boolean): string[] =>
        [...model.values()].filter(matches).map(({ ptyId }) => ptyId);
      for (const value of ['x', 'y', 'z']) {
        expect(ids(registry.byLane(value)).toSorted()).toEqual(idsWhere(({ laneId }) => laneId === value).toSorted());
        expect(ids(registry.bySession(value)).toSorted()).toEqual(
          idsWhere(({ sessionId }) => sessionId === value).toSorted(),
        );
      }
      const lanes = new Set([...model.values()].map(({ laneId }) => laneId));
      expect(registry.snapshot()).toMatchObject({ ptys: model.size, lanes: lanes.size });
      expect(registry.snapshot().tombstones).toBeLessThanOrEqual(2);
    }),
  );
});
