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
  const [health, metrics, { sessions }] = await Promise.all([
    client.request('health_check', {}, limits),
    client.request('get_metrics', {}, limits),
    client.request('list_sessions', {}, limits),
  ]);
  return { health, metrics, sessions };
}
