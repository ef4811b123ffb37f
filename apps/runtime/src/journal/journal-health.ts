import type { HealthCheck, RecoverySummary } from '@sessiond/protocol';

/** How a journal is, as `health_check` tells it: `failed` while nothing can be recorded, `degraded` when a part of the past is not there. */
export function journalHealth(
  isFailed: boolean,
  { setAside, missingWrites, damagedRecords }: RecoverySummary,
): HealthCheck {
  if (isFailed) {
    return health(
      'failed',
      'nothing can be recorded, so commands that must be are refused; free disk space, see the log',
    );
  }
  if (setAside) return health('degraded', 'the journal of earlier runs was unreadable and lies beside this one');
  if (missingWrites + damagedRecords === 0) return health('ok');
  return health('degraded', 'a part of the journal of earlier runs is damaged or missing');
}

function health(status: HealthCheck['status'], message?: string): HealthCheck {
  return { name: 'journal', status, ...(message !== undefined && { message }) };
}
