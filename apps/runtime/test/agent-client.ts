import type { TerminalClient } from './terminal-client.ts';

type Message = Record<string, unknown>;

/** An event with a number, as it came over the wire. */
export interface NumberedEvent {
  readonly seq: number;
  readonly type: string;
  readonly event: Message;
  readonly correlationId: string | undefined;
}

/** Connects a client and starts a fake agent that it follows from the first event on. */
export async function followAgent(
  connect: () => Promise<TerminalClient>,
  fields: Message = {},
): Promise<{ readonly client: TerminalClient; readonly sessionId: string }> {
  const client = await connect();
  const sessionId = await startAgent(client, fields);
  await client.ask('switch_session', { sessionId, after: 0 });
  return { client, sessionId };
}

/** Starts a fake agent. */
export async function startAgent(client: TerminalClient, fields: Message = {}): Promise<string> {
  const { sessionId } = await client.ask('create_session', { agent: { backend: 'fake' }, cwd: '/tmp', ...fields });
  return sessionId as string;
}

/** The events of a session that have a number, in the order in which they came. */
export function numbered(client: TerminalClient, sessionId: string): NumberedEvent[] {
  return client.events
    .filter((message) => message['sessionId'] === sessionId && typeof message['seq'] === 'number')
    .map((message) => {
      const event = message['event'] as Message;
      return {
        seq: message['seq'] as number,
        type: event['type'] as string,
        event,
        correlationId: message['correlationId'] as string | undefined,
      };
    });
}

/** What a client was told of the text of a session's replies, put together. */
export function textOf(client: TerminalClient, sessionId: string): string {
  return numbered(client, sessionId)
    .map(({ event }) => event['assistantMessageEvent'] as { type: string; delta: string } | undefined)
    .filter((piece) => piece?.type === 'text_delta')
    .map((piece) => piece!.delta)
    .join('');
}

/** Resolves when the client was told an event of a type, of any session, so many times. */
export function untilEvent(client: TerminalClient, type: string, times = 1): Promise<void> {
  return client.until(() => client.eventsOf(type).length >= times);
}
