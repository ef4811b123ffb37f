import * as z from 'zod';
import { type ErrorCode, errorCodes } from './errors.ts';
import { type EventContracts, eventContract } from './event-contract.ts';
import type { CommandLabels, ServerEventType } from './events.ts';
import { durationMs, elapsedMs, type FieldArguments, flag, id, offset, oneOf, sessionId } from './fields.ts';
import { sessionInfo } from './session-info.ts';

const commandLabels: FieldArguments<CommandLabels> = [{ command: z.string() }, { commandId: id }];

/** The contracts of the events of the server and of commands. */
export const serverEventContracts: EventContracts<ServerEventType> = {
  session_created: eventContract('session_created', 'A session exists now; to those who may see it.', {
    session: sessionInfo,
  }),
  session_deleted: eventContract('session_deleted', 'A session exists no longer; to those who could see it.', {
    sessionId,
    reason: oneOf(['deleted', 'expired', 'shutdown']),
  }),
  session_expiring: eventContract(
    'session_expiring',
    'A limit on the age of the session (`lifetime`) or on its time without input and output (`idle`) ends its program in `inMs` with the reason `expired`; input or output puts an idle end off. To those who follow it.',
    { reason: oneOf(['lifetime', 'idle']), inMs: durationMs },
  ),
  server_shutdown: eventContract(
    'server_shutdown',
    'The server ends within `timeoutMs`; new commands are refused from now on.',
    { reason: z.string(), timeoutMs: durationMs },
  ),
  orphans_reconciled: eventContract(
    'orphans_reconciled',
    'The start of the server looked for programs that an earlier run of it left behind, and ended those it could prove to be its own.',
    { found: offset, reattached: offset, terminated: offset },
  ),
  breaker_changed: eventContract(
    'breaker_changed',
    'A breaker went to another state: `global` to everybody, `session` to those who may see it, `principal` to the connections of that one, `provider`, for one model, to everybody.',
    {
      breaker: z.string(),
      scope: oneOf(['global', 'session', 'principal', 'provider']),
      from: oneOf(['closed', 'open', 'halfOpen']),
      to: oneOf(['closed', 'open', 'halfOpen']),
    },
    { sessionId, model: z.string() },
  ),
  command_accepted: eventContract('command_accepted', 'A command was admitted.', ...commandLabels),
  command_started: eventContract(
    'command_started',
    'A command began to execute, after waiting in its lane.',
    { ...commandLabels[0], waitedMs: elapsedMs },
    commandLabels[1],
  ),
  command_finished: eventContract(
    'command_finished',
    'A command has its outcome; the response follows.',
    { ...commandLabels[0], success: flag, durationMs: elapsedMs },
    { ...commandLabels[1], code: oneOf(Object.keys(errorCodes) as ErrorCode[]), replayed: z.literal(true) },
  ),
};
