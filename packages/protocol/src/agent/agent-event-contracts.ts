import * as z from 'zod';
import { type EventContracts, eventContract, eventContractFromShape } from '../event-contract.ts';
import { durationMs, flag, id, integer, list, object, offset, oneOf, orNull, signalName } from '../fields.ts';
import { dialogEnd, dialogFields } from './agent-dialog.ts';
import type {
  AgentEventMap,
  AgentEventType,
  AssistantMessageEvent,
  MessageDelta,
  ToolCallDelta,
  ToolCallStart,
} from './agent-events.ts';
import { agentMessage, messageRole, stopReason, tokenUsage } from './agent-message.ts';
import { agentWord } from './agent-model.ts';
import { agentPhase } from './agent-session-info.ts';

const assistantMessageEvent: z.ZodType<AssistantMessageEvent> = z.union([
  object<MessageDelta>({
    type: oneOf(['text_delta', 'thinking_delta']),
    contentIndex: offset,
    delta: z.string(),
  }),
  object<ToolCallStart>({
    type: z.literal('toolcall_start'),
    contentIndex: offset,
    toolCallId: z.string(),
    toolName: z.string(),
  }),
  object<ToolCallDelta>({
    type: z.literal('toolcall_delta'),
    contentIndex: offset,
    delta: z.string(),
  }),
]);

/** The contracts of the events of an agent. */
export const agentEventContracts: EventContracts<AgentEventType> = {
  agent_phase_changed: eventContract('agent_phase_changed', 'The session went from one phase to another.', {
    from: agentPhase,
    to: agentPhase,
    cause: z.string(),
  }),
  agent_start: eventContract('agent_start', 'The agent begins to work.'),
  agent_end: eventContract(
    'agent_end',
    'The agent has ended its work: what for, and with which error.',
    { stopReason },
    { errorMessage: z.string() },
  ),
  turn_start: eventContract('turn_start', 'One answer of the model, with the tools it calls, begins.'),
  turn_end: eventContract('turn_end', 'That answer is over.'),
  message_start: eventContract(
    'message_start',
    'A message begins; that of a person is whole already, that of a model is empty.',
    { message: agentMessage },
  ),
  message_update: eventContract(
    'message_update',
    'More of the message of the model, never what was told before. Pieces that come close together are one event.',
    { assistantMessageEvent },
  ),
  message_end: eventContract(
    'message_end',
    'The message is whole: everything about it but its content, which was told.',
    { role: messageRole },
    { entryId: z.string(), stopReason, errorMessage: z.string(), usage: tokenUsage },
  ),
  tool_execution_start: eventContract(
    'tool_execution_start',
    'A tool begins. Arguments above 16 KiB are left out; `get_messages` has them.',
    { toolCallId: z.string(), toolName: z.string() },
    { args: z.unknown() },
  ),
  tool_execution_update: eventContract(
    'tool_execution_update',
    'What a tool has said since the last such event, or, with `replaces`, instead of all it said before.',
    { toolCallId: z.string(), delta: z.string() },
    { replaces: z.literal(true) },
  ),
  tool_execution_end: eventContract(
    'tool_execution_end',
    'A tool has ended; `output` is the end of its result as text, at most 16 KiB.',
    { toolCallId: z.string(), toolName: z.string(), isError: flag, output: z.string(), truncated: flag },
  ),
  queue_update: eventContract('queue_update', 'What waits for the agent to take it up has changed.', {
    steering: list(z.string(), 100_000),
    followUp: list(z.string(), 100_000),
  }),
  compaction_start: eventContract('compaction_start', 'The agent begins to shorten what it remembers.', {
    reason: oneOf(['manual', 'threshold', 'overflow']),
  }),
  compaction_end: eventContract(
    'compaction_end',
    'The agent has shortened what it remembers, or has not.',
    { aborted: flag },
    { errorMessage: z.string(), tokensBefore: offset },
  ),
  auto_retry_start: eventContract('auto_retry_start', 'The provider failed and is asked again after a while.', {
    attempt: offset,
    maxAttempts: offset,
    delayMs: durationMs,
    errorMessage: z.string(),
  }),
  auto_retry_end: eventContract(
    'auto_retry_end',
    'Asking again has helped, or is given up.',
    { success: flag, attempt: offset },
    { errorMessage: z.string() },
  ),
  model_changed: eventContract('model_changed', 'The agent uses another model.', {
    provider: agentWord,
    modelId: agentWord,
  }),
  thinking_level_changed: eventContract('thinking_level_changed', 'The agent thinks more or less.', {
    level: agentWord,
  }),
  plan_update: eventContract('plan_update', 'What the agent plans, whole each time.', {
    entries: list(
      object<AgentEventMap['plan_update']['entries'][number]>({
        content: z.string(),
        status: oneOf(['pending', 'in_progress', 'completed']),
      }),
      10_000,
    ),
  }),
  commands_changed: eventContract('commands_changed', 'The commands or tools of the agent have changed; ask again.'),
  extension_ui_request: eventContractFromShape(
    'extension_ui_request',
    'The agent asks a person; `extension_ui_response` answers.',
    dialogFields,
  ),
  extension_ui_resolved: eventContract(
    'extension_ui_resolved',
    'A dialog is over: answered or declined by a client, or ended by its time (`timeout`), an abort, too many dialogs (`capacity`) or the end of the agent (`gone`), which give the agent no answer.',
    { requestId: id, end: dialogEnd },
  ),
  extension_notify: eventContract('extension_notify', 'The agent tells a person something.', {
    message: z.string(),
    level: oneOf(['info', 'warning', 'error']),
  }),
  extension_status: eventContract(
    'extension_status',
    'A line of state that an extension shows; without `text` it goes away.',
    { key: z.string() },
    { text: z.string() },
  ),
  extension_error: eventContract('extension_error', 'An extension of the agent failed; the agent goes on.', {
    message: z.string(),
  }),
  agent_restarting: eventContract(
    'agent_restarting',
    "The agent's process ended and is started again; with `interrupted` a turn was running and is over.",
    {
      attempt: offset,
      delayMs: durationMs,
      exitCode: orNull(integer(0, 255)),
      signal: orNull(signalName),
      interrupted: flag,
    },
  ),
  agent_restarted: eventContract(
    'agent_restarted',
    'The agent runs again; `resumed` if it knows what was said before.',
    {
      attempt: offset,
      resumed: flag,
    },
  ),
  agent_stopped: eventContract(
    'agent_stopped',
    'The session is over: the last event of an agent.',
    { reason: z.string() },
    { errorMessage: z.string() },
  ),
  events_gap: eventContract(
    'events_gap',
    'The follower was too slow, or asked for what is gone: `from` is the first event it was not given, `to` the first that follows. Without `seq`.',
    { from: offset, to: offset },
  ),
};
