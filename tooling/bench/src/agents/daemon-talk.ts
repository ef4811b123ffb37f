import { type DeltaMessage, type EventMessage, GrowingTexts } from '@sessiond/protocol';
import { RawWebSocket } from '../client/raw-web-socket.ts';
import { type Answer, AnswerWatch, type Talk, type TalkEvent } from './talk.ts';

const TEXT = 1;

/** Which session is talked to, and what for. */
export interface DaemonTalkOptions {
  readonly port: number;
  readonly sessionId: string;
  /** Created first, when it is given; with the working directory. */
  readonly create?: { readonly backend: string; readonly cwd: string };
  /** Whether the prompts go over a connection of their own, so that this one only hears what every subscriber hears. Default `false`. */
  readonly subscribesOnly?: boolean;
}

/** A session of a daemon. */
export interface DaemonTalk extends Talk {
  /** From `create_session` to its answer; 0 when it was there. */
  readonly createMs: number;
  /** Data of the answer to a command. */
  request(type: string, fields?: object): Promise<Record<string, unknown>>;
}

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly success?: boolean;
  readonly error?: string;
  readonly data?: Record<string, unknown>;
  readonly event?: TalkEvent;
}

/** Opens a connection, and a second one for the prompts where that is asked for; follows the events of the session from now on. */
export async function openDaemonTalk(options: DaemonTalkOptions): Promise<DaemonTalk> {
  const { port, sessionId, create, subscribesOnly = false } = options;
  let watch: AnswerWatch | undefined;
  const line = await openLine(port, {
    received: (bytes) => watch?.received(bytes),
    event: (event) => watch?.event(event),
  });
  let createMs = 0;
  if (create !== undefined) {
    const startMs = performance.now();
    const { backend, cwd } = create;
    await line.request('create_session', { sessionId, kind: 'agent', cwd, agent: { backend } });
    createMs = performance.now() - startMs;
  }
  await line.request('attach', { sessionId, from: 'now' });
  const other = subscribesOnly ? await openLine(port, { received: () => {}, event: () => {} }) : line;
  const begin = (message: string): { watching: AnswerWatch; answered: Promise<unknown> } => {
    const watching = new AnswerWatch();
    watch = watching;
    const answered = other.request('prompt', { sessionId, message });
    answered.catch((error) => watching.fail(error as Error));
    return { watching, answered };
  };
  return {
    createMs,
    request: line.request,
    prompt: async (message): Promise<Answer> => {
      const { watching, answered } = begin(message);
      const answer = await watching.ended;
      await answered;
      return { ...answer, wireBytes: watching.wireBytes };
    },
    abort: async (message) => {
      const { watching, answered } = begin(message);
      await Promise.race([watching.begun, watching.ended]);
      const abortedMs = performance.now();
      await Promise.all([other.request('abort', { sessionId }), answered.catch(() => {})]);
      return performance.now() - abortedMs;
    },
    close: async () => {
      await line.request('delete_session', { sessionId }).catch(() => {});
      line.close();
      if (other !== line) other.close();
    },
  };
}

/** A connection and what is asked over it. */
interface Line {
  request(type: string, fields?: object): Promise<Record<string, unknown>>;
  close(): void;
}

async function openLine(
  port: number,
  { received, event }: { readonly received: (bytes: number) => void; readonly event: (event: TalkEvent) => void },
): Promise<Line> {
  const texts = new GrowingTexts();
  const pending = new Map<string, { resolve(data: Record<string, unknown>): void; reject(error: Error): void }>();
  const socket = new RawWebSocket(
    { port, path: '/v1/ws' },
    {
      headBytes: (opcode, payloadBytes) => (opcode === TEXT ? payloadBytes : 0),
      onFrame: (_opcode, payloadBytes, head) => {
        received(payloadBytes + headerBytes(payloadBytes));
        const message = JSON.parse(head.toString()) as Message;
        if (message.type === 'event' || message.type === 'delta') {
          const whole = texts.event(message as unknown as EventMessage | DeltaMessage);
          if (whole !== undefined) event(whole.event as unknown as TalkEvent);
        }
        if (message.type !== 'response' || message.id === undefined) return;
        const waiting = pending.get(message.id);
        pending.delete(message.id);
        if (message.success === true) waiting?.resolve(message.data ?? {});
        else waiting?.reject(new Error(`Cannot measure sessiond: ${message.error}`));
      },
      onClose: () => {
        for (const { reject } of pending.values())
          reject(new Error('Cannot measure sessiond: it closed the connection'));
      },
    },
  );
  await socket.opened;
  let commands = 0;
  const prefix = Math.random().toString(36).slice(2);
  return {
    request: (type, fields = {}) =>
      new Promise((resolve, reject) => {
        const id = `${prefix}-${++commands}`;
        pending.set(id, { resolve, reject });
        socket.sendText(JSON.stringify({ type, id, ...fields }));
      }),
    close: () => socket.close(),
  };
}

/** Of a frame that a server sends (RFC 6455, section 5.2). */
function headerBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}
