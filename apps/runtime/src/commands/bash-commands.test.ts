import { once } from 'node:events';
import type { Command } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import type { BashListener, SessionEvent } from '../sessions/session-host.ts';
import { bashCommands } from './bash-commands.ts';
import type { CommandContext } from './command-context.ts';

const COMMAND: Command<'bash'> = { type: 'bash', sessionId: 's', command: 'make' };

/** An issuer that reads when told to, and the listener it gets. */
function listen({ readsLog = false } = {}) {
  const told: string[] = [];
  const abort = new AbortController();
  const issuer = { connectionId: 'k', closed: false, reads: true, readsLog: () => readsLog, assertMayDrive: () => {} };
  let listener: BashListener | undefined;
  const context = {
    issuer: {
      ...issuer,
      tell: (message: { event: { type: string } }) => {
        told.push(message.event.type);
        return issuer.reads;
      },
      drained: async (signal: AbortSignal) => {
        if (!signal.aborted) await once(signal, 'abort');
      },
    },
    host: {
      bash: async (_command: unknown, given: BashListener) => {
        listener = given;
      },
    },
    signal: abort.signal,
  } as unknown as CommandContext;
  void bashCommands.bash(COMMAND, context);
  return { told, issuer, abort, listener: listener! };
}

function event(type: string, seq = 0): SessionEvent {
  return { sessionId: 's', seq, timestamp: '', event: { type } as SessionEvent['event'] };
}

it('lets the shell go on while its issuer reads', () => {
  const { told, listener } = listen();
  expect(listener.tell(event('bash.started', 1))).toBeUndefined();
  expect(listener.tell(event('bash.output'))).toBeUndefined();
  expect(told).toEqual(['bash.started', 'bash.output']);
  expect(listener.connectionId).toBe('k');
});

it('leaves what has a number to the log of an agent that the issuer follows', () => {
  const { told, listener } = listen({ readsLog: true });
  expect(listener.tell(event('bash.started', 1))).toBeUndefined();
  expect(listener.tell(event('bash.output'))).toBeUndefined();
  expect(told).toEqual(['bash.output']);
});

it('lets the shell wait while it does not; once it is aborted the rest of the output is left out, the end is not', async () => {
  const { told, issuer, abort, listener } = listen();
  issuer.reads = false;
  const waiting = listener.tell(event('bash.output'));
  expect(waiting).toBeInstanceOf(Promise);
  abort.abort();
  await waiting;
  expect(listener.tell(event('bash.output'))).toBeUndefined();
  await listener.tell(event('bash.finished', 2));
  expect(told).toEqual(['bash.output', 'bash.finished']);
});
