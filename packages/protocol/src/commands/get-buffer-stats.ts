import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { id, object, offset, ratio } from '../fields.ts';
import { type BufferStats, type OverflowPolicy, overflowPolicy } from '../session-info.ts';

/** Asks for the counts of an output stream. */
export interface GetBufferStatsCommand extends SessionCommandEnvelope {
  readonly type: 'get_buffer_stats';
}

/** The counts, and the buffer they are of. */
export interface GetBufferStatsData extends BufferStats {
  readonly streamId: string;
  readonly start: number;
  readonly end: number;
  readonly bufferBytes: number;
  readonly overflow: OverflowPolicy;
}

/** Contract of `get_buffer_stats`. */
export const getBufferStats: CommandContract<GetBufferStatsCommand, GetBufferStatsData> = contract({
  type: 'get_buffer_stats',
  summary: 'Answers with what an output stream has written, dropped and still holds; also after its end.',
  appliesTo: 'pty',
  scope: 'sessions:read',
  example: { type: 'get_buffer_stats', id: 'c-18', sessionId: 'build' },
  exampleData: {
    totalWritten: 5120,
    totalDropped: 0,
    currentUtilization: 0,
    overflowEvents: 0,
    streamId: 'st-1',
    start: 0,
    end: 5120,
    bufferBytes: 4_194_304,
    overflow: 'drop-oldest',
  },
  schema: () => sessionCommand<GetBufferStatsCommand>('get_buffer_stats'),
  dataSchema: () =>
    object<GetBufferStatsData>({
      totalWritten: offset,
      totalDropped: offset,
      currentUtilization: ratio,
      overflowEvents: offset,
      streamId: id,
      start: offset,
      end: offset,
      bufferBytes: offset,
      overflow: overflowPolicy,
    }),
});
