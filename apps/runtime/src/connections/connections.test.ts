import pino from 'pino';
import { expect, it } from 'vitest';
import { Containment } from '../containment.ts';
import { Connections, type Member } from './connections.ts';

const told: string[] = [];
const containment = new Containment(pino({ level: 'silent' }));

function join(connections: Connections, name: string, bufferedBytes = 0, fault?: Error): () => void {
  const say = (what: string): void => {
    if (fault !== undefined) throw fault;
    told.push(`${name} ${what}`);
  };
  const member: Member = {
    principal: { id: name, scopes: ['*'] },
    send: (message) => say(`is sent ${JSON.stringify(message)}`),
    news: (message) => say(`hears ${JSON.stringify(message)}`),
    end: (code) => say(`ends ${code}`),
    snapshot: () => ({ kind: 'unix', bufferedBytes, unacknowledgedBytes: 1, windowBytes: 2 }),
  };
  const owner = { kind: 'connection', facts: {}, end: () => told.push(`${name} is aborted`) } as const;
  return connections.add(member, containment.guard(owner));
}

it('tells everybody, also when one of them fails', () => {
  const connections = new Connections();
  join(connections, 'broken', 0, new Error('deliberate'));
  join(connections, 'whole');
  connections.tell({ a: 1 });
  connections.endAll(1001, 'going');
  expect(told.splice(0)).toEqual([
    'broken is aborted',
    'whole is sent {"a":1}',
    'broken is aborted',
    'whole ends 1001',
  ]);
});

it('tells news only to those who may have them', () => {
  const connections = new Connections();
  join(connections, 'ada');
  join(connections, 'bob');
  connections.tellNews({ a: 1 }, ({ principal }) => principal.id === 'bob');
  expect(told.splice(0)).toEqual(['bob hears {"a":1}']);
});

it('adds up those that are there, and forgets who left', () => {
  const connections = new Connections();
  join(connections, 'ada', 10);
  const leave = join(connections, 'bob', 30);
  join(connections, 'eve', 20);
  expect(connections.totals()).toEqual({
    ...{ websocket: 0, unix: 3, stdio: 0 },
    ...{ bufferedBytes: 60, maxBufferedBytes: 30, unacknowledgedBytes: 3, windowBytes: 6 },
  });
  leave();
  leave();
  expect([connections.size, connections.totals().maxBufferedBytes]).toEqual([2, 20]);
});
