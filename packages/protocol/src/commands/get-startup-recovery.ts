import * as z from 'zod';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { id, list, object, sessionId, timestamp } from '../fields.ts';
import { type RecoverySummary, recoveryFields } from '../recovery-summary.ts';

/** Asks what the server found of its earlier runs when it started. */
export interface GetStartupRecoveryCommand extends CommandEnvelope {
  readonly type: 'get_startup_recovery';
}

/** A command that was in flight when the server was gone. */
export interface InterruptedCommand {
  /** The type of the command. */
  readonly command: string;
  /** Absent for a command that was sent without. */
  readonly commandId?: string;
  /** The session it was for. */
  readonly sessionId?: string;
  /** The id of the principal that sent it. */
  readonly principalId: string;
  readonly acceptedAt: string;
}

/** What was found, and which commands of the one who asks were interrupted; with the scope `admin` those of everybody. */
export interface GetStartupRecoveryData extends RecoverySummary {
  /** The latest 1,000, oldest first. */
  readonly interruptedCommands: readonly InterruptedCommand[];
}

/** Contract of `get_startup_recovery`. */
export const getStartupRecovery: CommandContract<GetStartupRecoveryCommand, GetStartupRecoveryData> = contract({
  type: 'get_startup_recovery',
  summary:
    'Answers with what the server found of its earlier runs when it started, and which of the own commands were in flight then.',
  appliesTo: 'server',
  scope: 'server:read',
  example: { type: 'get_startup_recovery', id: 'c-30' },
  exampleData: {
    journal: 'sync',
    recoveredAt: '2026-01-31T12:00:00.000Z',
    durationMs: 12.5,
    previousRun: 'interrupted',
    outcomes: 1204,
    interrupted: 1,
    sessions: 3,
    lostSessions: 2,
    missingWrites: 0,
    damagedRecords: 0,
    setAside: false,
    interruptedCommands: [
      {
        command: 'create_session',
        commandId: 'c-2',
        sessionId: 'build',
        principalId: 'owner',
        acceptedAt: '2026-01-31T11:59:59.000Z',
      },
    ],
  },
  schema: () => serverCommand<GetStartupRecoveryCommand>('get_startup_recovery'),
  dataSchema: () =>
    object<GetStartupRecoveryData>({
      ...recoveryFields,
      interruptedCommands: list(
        object<InterruptedCommand>(
          { command: z.string(), principalId: z.string(), acceptedAt: timestamp },
          { commandId: id, sessionId },
        ),
        1000,
      ),
    }),
});
