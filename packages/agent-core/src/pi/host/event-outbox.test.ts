import { PassThrough } from 'node:stream';
import type { AgentEvent } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import type { HostedStatus, HostVocabulary, OwnerVocabulary } from '../channel/host-vocabulary.ts';
import { Peer } from '../channel/peer.ts';
import { EventOutbox } from './event-outbox.ts';

/** An outbox whose lines have at most 1,000 bytes, and what arrives of it. */
function outbox() {
  const told: (AgentEvent | HostedStatus)[] = [];
  const pipe = new PassThrough();
  const status = { isStreaming: false, isCompacting: false, steering: [], followUp: [], messageCount: 0 };
  const unused = {} as never;
  const ends = { onClosed: () => {}, requests: unused, maxLineBytes: 1_000 };
  const peer = new Peer<HostVocabulary, OwnerVocabulary>({
    ...ends,
    input: new PassThrough(),
    output: pipe,
    tells: unused,
  });
  new Peer<OwnerVocabulary, HostVocabulary>({
    ...ends,
    input: pipe,
    output: new PassThrough(),
    tells: { events: ({ events }) => told.push(...events), status: (each) => told.push(each.status) },
  });
  return { outbox: new EventOutbox('s', peer, () => status), told, status };
}

const note = (message: string): AgentEvent => ({ type: 'extension_notify', message, level: 'info' });

it('tells events in order, then the status if it has changed', async () => {
  const { outbox: box, told, status } = outbox();
  box.push(note('one'));
  box.push(note('two'));
  box.flush();
  box.push(note('three'));
  box.flush();
  await expect.poll(() => told).toEqual([note('one'), note('two'), status, note('three')]);
});

it('tells in several lines what is too long for one, and says what is too long altogether', async () => {
  const { outbox: box, told, status } = outbox();
  const notes = Array.from({ length: 9 }, (_, index) => note(String(index).repeat(400)));
  const events = [...notes.slice(0, 4), note('x'.repeat(1_000)), ...notes.slice(4)];
  for (const event of events) box.push(event);
  box.flush();
  const error = { type: 'extension_error', message: 'Cannot tell an event of the agent: it is too long' };
  await expect.poll(() => told).toEqual([...notes.slice(0, 4), error, ...notes.slice(4), status]);
});
