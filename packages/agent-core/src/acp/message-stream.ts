import type { AnyMessage, Stream } from '@agentclientprotocol/sdk';
import type { AgentProcess } from '../agent-process.ts';
import { LineSplitter } from '../line-splitter.ts';
import { isRecord } from './json.ts';

/** Requests of the agent that may wait for an answer at once. */
const MAX_OPEN_REQUESTS = 64;

/** Messages of the agent read ahead of who takes them. */
const READ_AHEAD = 64;

/** Where the messages of an agent go. */
export interface MessageStreamHooks {
  /** Takes the parameters of each `session/update`, in the order of all messages. */
  readonly onUpdate: (params: unknown) => void;
  /** Takes lines that are no messages: some programs print to their stdout before they speak the protocol. */
  readonly onNoise: (line: string) => void;
  /** Told once that the agent breaks a limit of ours and cannot be listened to any longer. */
  readonly onBroken: (error: Error) => void;
}

/**
 * The messages that go to and from an agent, one JSON text per line, as the SDK takes them.
 *
 * Bounds: a line of `maxLineBytes`, 64 messages read ahead (then the agent's stdout waits), 64 requests of the agent without an answer. An agent that goes past the
 * first or the last is told of through `onBroken`, and not read any further.
 *
 * `session/update` does not go to the SDK: that would try each of its dozen shapes, twice, for every piece of text, and print to the console what it does not know.
 * Other notifications, and answers to nothing that was asked, are dropped for the same reason.
 */
export function messageStream(
  process: Pick<AgentProcess, 'stdin' | 'stdout'>,
  maxLineBytes: number,
  hooks: MessageStreamHooks,
): Stream {
  const { stdin, stdout } = process;
  const lines = new LineSplitter(maxLineBytes);
  const asked = new Set<unknown>();
  const unanswered = new Set<unknown>();
  let over = false;

  const readable = new ReadableStream<AnyMessage>(
    {
      start(controller) {
        const end = (error?: Error) => {
          if (over) return;
          over = true;
          if (error === undefined) {
            controller.close();
          } else {
            controller.error(error);
            hooks.onBroken(error);
            stdout.destroy();
          }
        };
        stdout.on('data', (bytes: Buffer) => {
          try {
            lines.push(bytes, (line) => {
              if (!over) accept(line, controller);
            });
          } catch (error) {
            end(error as Error);
          }
          if (!over && (controller.desiredSize ?? 0) <= 0) stdout.pause();
        });
        stdout.on('end', () => end());
        stdout.on('error', () => end());
        stdout.on('close', () => end());
      },
      pull() {
        stdout.resume();
      },
      cancel() {
        over = true;
        // What it still writes must not make it wait for ever.
        stdout.resume();
      },
    },
    { highWaterMark: READ_AHEAD },
  );

  function accept(line: string, controller: ReadableStreamDefaultController<AnyMessage>): void {
    const message = parse(line);
    if (!isRecord(message) || message['jsonrpc'] !== '2.0') {
      hooks.onNoise(line);
    } else if (!('method' in message)) {
      if (asked.delete(message['id'])) controller.enqueue(message as AnyMessage);
    } else if (!('id' in message)) {
      if (message['method'] === 'session/update') hooks.onUpdate(message['params']);
    } else {
      if (unanswered.size >= MAX_OPEN_REQUESTS) {
        throw new RangeError(`Cannot take request: ${MAX_OPEN_REQUESTS} of this agent wait for an answer`);
      }
      unanswered.add(message['id']);
      controller.enqueue(message as AnyMessage);
    }
  }

  // A broken pipe is told by the end of the process.
  stdin.on('error', () => {});
  const writable = new WritableStream<AnyMessage>({
    async write(message) {
      if ('method' in message) {
        if ('id' in message) asked.add(message.id);
      } else {
        unanswered.delete(message.id);
      }
      if (stdin.destroyed || stdin.writableEnded) return;
      if (!stdin.write(`${JSON.stringify(message)}\n`)) await drained(stdin);
    },
  });
  return { readable, writable };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function drained(stdin: AgentProcess['stdin']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stdin.off('drain', done);
      stdin.off('close', done);
      resolve();
    };
    stdin.on('drain', done);
    stdin.on('close', done);
  });
}
