import type { Client } from '@sessiond/client';
import type { Context } from './context.ts';

/** Says when the connection is lost and when it is back. Returns the end of that. */
export function tellConnection({ notices }: Context, client: Client): () => void {
  let isAway = false;
  return client.onStateChange(({ status }) => {
    if (status === 'reconnecting' && !isAway) notices.say('connection lost, reconnecting');
    else if (status === 'open' && isAway) notices.say('connected again');
    isAway = status === 'reconnecting';
  });
}
