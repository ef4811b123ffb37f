import * as z from 'zod';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { commandId, id, integer, list, object, offset, oneOf, sessionId, text, timestamp } from '../fields.ts';

/** Asks for recorded commands, the newest first. */
export interface GetCommandHistoryCommand extends CommandEnvelope {
  readonly type: 'get_command_history';
  /** Only those about this session, also one that is gone. */
  readonly sessionId?: string;
  /** Only those with this id. */
  readonly commandId?: string;
  /** Only those let in at this time or later, RFC 3339. */
  readonly from?: string;
  /** Only those let in before this time, RFC 3339. */
  readonly to?: string;
  /** Entries in the answer, 1 to 1,000; default 100. */
  readonly limit?: number;
  /** The `cursor` of the page before. */
  readonly cursor?: string;
}

/** A recorded command: what its contract lets the journal keep of it, and how it ended. */
export interface RecordedCommand {
  /** Rises from command to command, also over restarts of the server. */
  readonly number: number;
  /** The type of the command. */
  readonly command: string;
  /** Absent for a command that was sent without. */
  readonly commandId?: string;
  readonly idempotencyKey?: string;
  /** The session it was about, also one that it created. */
  readonly sessionId?: string;
  /** The id of the principal that sent it. */
  readonly principalId: string;
  /** Names the command in events, logs and traces. */
  readonly correlationId: string;
  /** The fields of the command that the journal keeps. */
  readonly kept: Readonly<Record<string, unknown>>;
  readonly acceptedAt: string;
  /** Absent for one that has not begun, and one that never did. */
  readonly startedAt?: string;
  /** Absent while it is in flight. */
  readonly finishedAt?: string;
  readonly state: 'in-flight' | 'succeeded' | 'failed';
  /** Why it failed; as in `code` of its response. */
  readonly code?: string;
  /** The version of the session after it. */
  readonly sessionVersion?: number;
}

/** One page of the history. */
export interface GetCommandHistoryData {
  /** Newest first; may be fewer than asked for, even none, and yet be followed by more. */
  readonly entries: readonly RecordedCommand[];
  /** Gives the next page; absent when there is none. */
  readonly cursor?: string;
}

/** Contract of `get_command_history`. */
export const getCommandHistory: CommandContract<GetCommandHistoryCommand, GetCommandHistoryData> = contract({
  type: 'get_command_history',
  summary:
    'Lists recorded commands, the newest first and page by page: the own ones, with the scope `admin` those of everybody. `INVALID_STATE` where no journal is kept.',
  appliesTo: 'server',
  scope: 'sessions:read',
  example: { type: 'get_command_history', id: 'c-31', sessionId: 'build', limit: 2 },
  exampleData: {
    entries: [
      {
        number: 1205,
        command: 'set_session_name',
        commandId: 'c-12',
        sessionId: 'build',
        principalId: 'owner',
        correlationId: 'c-12',
        kept: { name: 'Nightly build' },
        acceptedAt: '2026-01-31T12:00:05.000Z',
        startedAt: '2026-01-31T12:00:05.000Z',
        finishedAt: '2026-01-31T12:00:05.001Z',
        state: 'succeeded',
        sessionVersion: 2,
      },
    ],
    cursor: '1205',
  },
  schema: () =>
    serverCommand<GetCommandHistoryCommand>(
      'get_command_history',
      {},
      {
        commandId,
        from: timestamp,
        to: timestamp,
        limit: integer(1, 1000),
        cursor: text({ max: 64, pattern: /^\d{1,16}$/, error: 'must be the cursor of an earlier page' }),
      },
    ),
  dataSchema: () =>
    object<GetCommandHistoryData>(
      {
        entries: list(
          object<RecordedCommand>(
            {
              number: offset,
              command: z.string(),
              principalId: z.string(),
              correlationId: z.string(),
              kept: z.record(z.string(), z.unknown()),
              acceptedAt: timestamp,
              state: oneOf(['in-flight', 'succeeded', 'failed']),
            },
            {
              commandId: id,
              idempotencyKey: id,
              sessionId,
              startedAt: timestamp,
              finishedAt: timestamp,
              code: z.string(),
              sessionVersion: offset,
            },
          ),
          1000,
        ),
      },
      { cursor: z.string() },
    ),
});
