import { type Agent, type Dialogs, endOfText, type PerformedType, type UserMessage } from '@sessiond/agent-core';
import {
  type AgentCommand,
  type AgentCommandType,
  type Command,
  commandContract,
  ProtocolError,
  type ResponseDataOf,
} from '@sessiond/protocol';

/** The most that the answer to a prompt carries of the text; events and `get_messages` have all of it. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** What commands of an agent are carried out with. */
export interface AgentCalls {
  readonly sessionId: string;
  readonly agent: Agent;
  readonly dialogs: Dialogs;
  /** How long the agent has to end its work when it is aborted. */
  readonly abortMs: number;
}

type Data<T extends AgentCommandType> = Promise<ResponseDataOf<T>>;

/**
 * Carries out a command of an agent. Rejects with what the agent rejects with, and with a `ProtocolError` for what it does not know, an answer to a dialog
 * that does not count, and a prompt that was aborted.
 */
export async function carryOut<T extends AgentCommandType>(
  calls: AgentCalls,
  command: Command<T>,
  signal: AbortSignal,
): Data<T> {
  return (await answer(calls, command as AgentCommand, signal)) as ResponseDataOf<T>;
}

function answer(calls: AgentCalls, command: AgentCommand, signal: AbortSignal): Data<AgentCommandType> {
  const { agent, dialogs, sessionId, abortMs } = calls;
  switch (command.type) {
    case 'prompt':
      return prompt(calls, command, signal);
    case 'steer':
      return agent.steer(messageOf(command), signal).then(() => ({ sessionId }));
    case 'follow_up':
      return agent.followUp(messageOf(command), signal).then(() => ({ sessionId }));
    case 'abort':
      return agent.abort(abortMs).then((aborted) => ({ sessionId, aborted }));
    case 'list_pending_ui':
      return Promise.resolve({ requests: dialogs.pending });
    case 'extension_ui_response':
      return answerDialog(calls, command);
    default:
      return perform(calls, command, signal);
  }
}

async function prompt(
  { agent, sessionId }: AgentCalls,
  command: Command<'prompt'>,
  signal: AbortSignal,
): Promise<ResponseDataOf<'prompt'>> {
  const { stopReason, text, usage } = await agent.prompt(messageOf(command), signal);
  if (stopReason === 'aborted') throw new ProtocolError('CANCELLED', 'The turn was aborted');
  return { sessionId, stopReason, ...endOfText(text, MAX_TEXT_BYTES), ...(usage !== undefined && { usage }) };
}

async function answerDialog(
  { dialogs, sessionId }: AgentCalls,
  { requestId, value, confirmed, cancelled }: Command<'extension_ui_response'>,
): Promise<ResponseDataOf<'extension_ui_response'>> {
  const result = dialogs.answer(requestId, {
    ...(value !== undefined && { value }),
    ...(confirmed !== undefined && { confirmed }),
    ...(cancelled !== undefined && { cancelled }),
  });
  if (result.ok) return { sessionId, requestId };
  if (result.reason === 'not-pending') {
    throw new ProtocolError('INVALID_STATE', `Cannot answer dialog ${requestId}: it does not wait for an answer`, {
      details: { requestId },
    });
  }
  const { field, message } = result;
  throw new ProtocolError('INVALID_COMMAND', `Cannot answer dialog ${requestId}: ${field} ${message}`, {
    details: { field, requestId },
  });
}

async function perform<T extends PerformedType>(
  { agent, sessionId }: AgentCalls,
  command: AgentCommand<T>,
  signal: AbortSignal,
): Data<T> {
  const data = await agent.perform(command, signal);
  // What changes something says where, what answers a question does not.
  const { scope } = commandContract(command.type);
  return (scope === 'sessions:read' ? data : { sessionId, ...data }) as ResponseDataOf<T>;
}

function messageOf({ message, images }: Pick<Command<'prompt'>, 'message' | 'images'>): UserMessage {
  return { message, ...(images !== undefined && { images }) };
}
