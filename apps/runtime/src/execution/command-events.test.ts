import type { CommandType, EventMessage } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { CommandEvents, type CommandEventWishes } from './command-events.ts';
import type { CommandFacts } from './command-facts.ts';

let events: CommandEvents;
beforeEach(() => {
  events = new CommandEvents();
});

/** A connection that writes down what it is told, and may be told of everything but the session `secret`. */
function connection(connectionId: string) {
  const told: string[] = [];
  const receiver = {
    connectionId,
    mayWatch: ({ sessionId }: CommandFacts) => sessionId !== 'secret',
    receiveCommandEvent: ({ event }: EventMessage) =>
      told.push(`${event.type} ${(event as { command: string }).command}`),
  };
  return { told, receiver, tell: (wishes: CommandEventWishes) => events.tell(receiver, wishes) };
}

function facts(type: CommandType, connectionId: string | undefined, sessionId = 's'): CommandFacts {
  return { type, connectionId, sessionId, commandId: 'a', correlationId: 'a', principalId: 'ada' };
}

function happens(type: CommandType, connectionId: string | undefined, sessionId?: string): void {
  const command = facts(type, connectionId, sessionId);
  events.commandAccepted(command);
  events.commandStarted(command, 0);
  events.commandFinished(command, 'OK', 1, false);
}

const BASH = ['command_accepted bash', 'command_started bash', 'command_finished bash'];
const STATE = BASH.map((line) => line.replace('bash', 'get_state'));

describe('events of commands', () => {
  it.each([
    ['data', BASH],
    ['all', [...BASH, ...STATE]],
    ['none', []],
  ] as const)('tell a connection that wishes %s of its own of just these', (own, expected) => {
    const [issuer, stranger] = [connection('i'), connection('x')];
    issuer.tell({ own, others: false });
    stranger.tell({ own: 'data', others: false });
    happens('bash', 'i');
    happens('get_state', 'i');
    expect(issuer.told).toEqual(expected);
    expect(stranger.told).toEqual([]);
  });

  it('tell who watches of the commands of others that it may know of, those without a connection too', () => {
    const watcher = connection('w');
    watcher.tell({ own: 'none', others: true });
    happens('get_state', 'i');
    happens('bash', undefined);
    happens('bash', 'i', 'secret');
    happens('bash', 'w');
    expect(watcher.told).toEqual([...STATE, ...BASH]);
  });

  it('follow the latest wish, and end with the connection', () => {
    const issuer = connection('i');
    issuer.tell({ own: 'all', others: true });
    issuer.tell({ own: 'all', others: false });
    events.forget(issuer.receiver);
    events.forget(issuer.receiver);
    happens('bash', 'i');
    happens('get_state', 'j');
    expect(issuer.told).toEqual([]);
    issuer.tell({ own: 'all', others: false });
    happens('get_state', 'i');
    expect(issuer.told).toEqual(STATE);
  });

  it('say of a failure which, and of an answer from memory that it is one', () => {
    const sent: EventMessage[] = [];
    const receiver = {
      connectionId: 'i',
      mayWatch: () => true,
      receiveCommandEvent: (each: EventMessage) => sent.push(each),
    };
    events.tell(receiver, { own: 'data', others: false });
    events.commandFinished(facts('bash', 'i'), 'TIMEOUT', 5, true);
    expect(sent).toMatchObject([
      {
        sessionId: 's',
        correlationId: 'a',
        event: { command: 'bash', commandId: 'a', success: false, code: 'TIMEOUT', durationMs: 5, replayed: true },
      },
    ]);
  });
});
