import { expect, it } from 'vitest';
import type { SessionAttachment, SessionEvent, SessionHost } from '../sessions/session-host.ts';
import type { Transport } from '../transports/transport.ts';
import { ConnectionIssuer } from './connection-issuer.ts';
import { EventHub } from './event-hub.ts';
import type { Outbox } from './outbox.ts';
import { Traffic } from './traffic.ts';

const never: AbortSignal = new AbortController().signal;

/** A connection to a host with one silent terminal, and what it hears. */
function start() {
  let happen: (event: SessionEvent) => void = () => {};
  let left = 0;
  const attachment = {
    kind: 'output',
    info: { window: 0 },
    offset: 0,
    acknowledged: 0,
    pending: 0,
    pendingInputBytes: 0,
    replayEnd: 0,
    next: () => undefined,
    close: () => {
      left += 1;
    },
  };
  const host = {
    onEvent: (listener: typeof happen) => {
      happen = listener;
      return () => {};
    },
    attach: async () => attachment as unknown as SessionAttachment,
  };
  const heard: number[] = [];
  const issuer = new ConnectionIssuer({
    principal: { id: 'ada', scopes: ['*'] },
    connectionId: 'k-1',
    transport: { bufferedBytes: 0 } as Transport,
    host,
    traffic: new Traffic(),
    guard: (callback) => callback,
    outbox: { sendEvent: () => {}, sendText: () => {} } as unknown as Outbox,
    hub: new EventHub(host as unknown as SessionHost),
    receiver: { receiveEvent: ({ seq }) => heard.push(seq) },
  });
  const resize = (seq: number): void => {
    const event = { type: 'pty.resized', cols: 80, rows: 24 } as unknown as SessionEvent['event'];
    happen({ sessionId: 'a', seq, timestamp: '2026-01-31T12:00:00.000Z', event });
  };
  const attach = () => issuer.attach({ type: 'attach', sessionId: 'a' }, never);
  return { issuer, heard, resize, attach, closed: () => left };
}

it('gets the events of a session it is attached to or follows, until it is neither', async () => {
  const { issuer, heard, resize, attach } = start();
  resize(1);
  issuer.follow('a');
  resize(2);
  await attach();
  issuer.detach('a');
  resize(3);
  issuer.unfollow('a');
  resize(4);
  await attach();
  resize(5);
  issuer.detach('a');
  resize(6);
  expect(heard).toEqual([2, 3, 5]);
});

it('goes on with the events of an attachment that was made while following was tried and failed', async () => {
  const { issuer, heard, resize, attach } = start();
  const undo = issuer.follow('a');
  await attach();
  undo();
  resize(1);
  issuer.detach('a');
  resize(2);
  expect(heard).toEqual([1]);
});

it('goes on following what it followed when asking for it again fails', () => {
  const { issuer, heard, resize } = start();
  issuer.follow('a');
  issuer.follow('a')();
  resize(1);
  expect(heard).toEqual([1]);
});

it('lets go of everything when it is closed, and of what comes later', async () => {
  const { issuer, heard, resize, attach, closed } = start();
  issuer.follow('a');
  await attach();
  const late = start();
  const attaching = late.attach();
  for (const each of [issuer, issuer, late.issuer]) each.close();
  await expect(attaching).rejects.toMatchObject({ code: 'CANCELLED' });
  issuer.follow('a');
  await expect(attach()).rejects.toMatchObject({ code: 'CANCELLED' });
  resize(1);
  expect([heard, issuer.closed, closed(), late.closed()]).toEqual([[], true, 2, 1]);
});
