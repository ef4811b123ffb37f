import type { ImageContent } from '@sessiond/protocol/client';

/** A line of stdin that is a JSON object with a `type`. Its fields are as the client sent them: what the daemon refuses is refused by the daemon. */
export interface RpcCommand {
  readonly type: string;
  readonly id?: string;
  readonly [field: string]: unknown;
}

/** Fields of a command that says something to the agent. */
export interface RpcMessageFields {
  readonly message: string;
  readonly images?: readonly ImageContent[];
}

/** Reads a line; a sentence when it is none. */
export function readRpcCommand(text: string): RpcCommand | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'Cannot read command: the line is no JSON';
  }
  const command = value as Partial<RpcCommand> | null;
  if (typeof command !== 'object' || command === null || typeof command.type !== 'string') {
    return 'Cannot read command: the line is no JSON object with a type';
  }
  if (command.id !== undefined && typeof command.id !== 'string') return 'Cannot read command: its id is no text';
  return command as RpcCommand;
}

/** What a `prompt`, `steer` or `follow_up` says, without fields that are not there. */
export function messageFields(command: RpcCommand): RpcMessageFields {
  const { message, images } = command as Partial<RpcMessageFields>;
  return { message: message as string, ...(images !== undefined && images !== null && { images }) };
}
