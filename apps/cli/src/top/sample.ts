import type { Client } from '@sessiond/client';
import type { ResponseDataOf } from '@sessiond/protocol/client';

/** What a daemon says of itself at one moment. */
export interface Sample {
  readonly health: ResponseDataOf<'health_check'>;
  readonly metrics: ResponseDataOf<'get_metrics'>;
  readonly sessions: ResponseDataOf<'list_sessions'>['sessions'];
}

/**
 * Asks for everything at once, so that it is of one moment: three commands, of which only the list of sessions draws on a budget.
 *
 * Rejects like `Client.request`.
 */
export async function takeSample(
  client: Pick<Client, 'request'>,
  limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Sample> {
  // Sent again after a loss, they would be of another moment, or of another run of the daemon.
  const once = { ...limits, sendAgain: false };
  const [health, metrics, { sessions }] = await Promise.all([
    client.request('health_check', {}, once),
    client.request('get_metrics', {}, once),
    client.request('list_sessions', {}, once),
  ]);
  return { health, metrics, sessions };
}
