import type { Logger } from '../logger.ts';
import { type AuditLog, noAuditLog } from './audit-log.ts';
import { BoundedRefusals } from './bounded-refusals.ts';
import { FileAuditLog } from './file-audit-log.ts';

/** The audit log that the configuration asks for: none for `null`, the log of the daemon for `log`, else a file. Throws a `StartupError`. */
export function openAuditLog(where: string | null, logger: Logger): AuditLog {
  if (where === null) return noAuditLog;
  if (where !== 'log') return new BoundedRefusals(new FileAuditLog(where, logger));
  const lines = logger.child({ event: 'audit' });
  return new BoundedRefusals({
    record: ({ event, ...entry }) => lines.info({ audit: event, ...entry }, 'audit'),
    close() {},
  });
}
