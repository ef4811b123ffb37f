import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { commandId, flag, object } from '../fields.ts';

/** Cancels a command of the same principal. */
export interface CancelCommandCommand extends CommandEnvelope {
  readonly type: 'cancel_command';
  readonly commandId: string;
}

/** Whether there was something to cancel. */
export interface CancelCommandData {
  readonly commandId: string;
  /** True when the command was waiting (it never runs) or running (it was told to stop); false when it had finished or is unknown. */
  readonly cancelled: boolean;
}

/** Contract of `cancel_command`. */
export const cancelCommand: CommandContract<CancelCommandCommand, CancelCommandData> = contract({
  type: 'cancel_command',
  summary:
    'Cancels a waiting or running command of the same principal, which is then answered with `CANCELLED`; never limited, so that a client whose commands take up everything can take some back.',
  appliesTo: 'server',
  scope: null,
  limited: false,
  example: { type: 'cancel_command', id: 'c-6', commandId: 'c-2' },
  exampleData: { commandId: 'c-2', cancelled: true },
  schema: () => serverCommand<CancelCommandCommand>('cancel_command', { commandId }),
  dataSchema: () => object<CancelCommandData>({ commandId, cancelled: flag }),
});
