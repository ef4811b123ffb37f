import type { Command, GetCommandHistoryData, InterruptedCommand, RecoverySummary } from '@sessiond/protocol';

/** What is asked of the history; all of it has to be so. */
export type HistoryQuery = Pick<
  Command<'get_command_history'>,
  'sessionId' | 'commandId' | 'from' | 'to' | 'limit' | 'cursor'
>;

/** The durable record of commands and outcomes, as far as those who read it are concerned. */
export interface JournalRecords {
  /** What was found at the start. */
  readonly recovery: RecoverySummary;
  /** The commands that were in flight when the run before ended, those of one principal or of all, oldest first; the latest 1,000. */
  interrupted(principalId?: string): readonly InterruptedCommand[];
  /**
   * One page of the recorded commands, those of one principal or of all, newest first.
   * @throws ProtocolError `INVALID_STATE` where nothing is recorded, `JOURNAL_UNAVAILABLE` while nothing can be read.
   */
  history(query: HistoryQuery, principalId?: string): Promise<GetCommandHistoryData>;
}
