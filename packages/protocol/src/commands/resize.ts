import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { cells, flag, object } from '../fields.ts';

/** Sets the size of a terminal. */
export interface ResizeCommand extends SessionCommandEnvelope {
  readonly type: 'resize';
  readonly cols: number;
  readonly rows: number;
}

/** The size the terminal now has. */
export interface ResizeData {
  readonly cols: number;
  readonly rows: number;
  /** False when it had that size already: the program is not signalled then. */
  readonly changed: boolean;
}

/** Contract of `resize`. */
export const resize: CommandContract<ResizeCommand, ResizeData> = contract({
  type: 'resize',
  summary: 'Sets the size of a terminal; there is one per session, and the last one set counts.',
  appliesTo: 'pty',
  scope: 'sessions:write',
  example: { type: 'resize', id: 'c-14', sessionId: 'build', cols: 132, rows: 43 },
  exampleData: { cols: 132, rows: 43, changed: true },
  schema: () => sessionCommand<ResizeCommand>('resize', { cols: cells, rows: cells }),
  dataSchema: () => object<ResizeData>({ cols: cells, rows: cells, changed: flag }),
});
