import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Door } from '../auth/door.ts';
import { isAllowed } from '../auth/is-allowed.ts';
import type { Logger } from '../logger.ts';
import { refuse, respondText } from './refusal.ts';

/** What a page of numbers needs. */
export interface MetricsPageOptions {
  /** Who may see it is who may connect. */
  readonly door: Pick<Door, 'identify'>;
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Somebody is known, but may not see it. */
  readonly onRefused: (reason: 'scope') => void;
  readonly logger: Logger;
}

/** Answers a request; never rejects. */
export type Page = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers `GET /metrics` for those who may read health and metrics of the server. */
export function createMetricsPage({ door, expose, onRefused, logger }: MetricsPageOptions): Page {
  return async (request, response) => {
    const result = await door.identify(request);
    if (!result.ok) {
      refuse(response, result.refusal);
      return;
    }
    if (!isAllowed(result.principal, 'server:read')) {
      onRefused('scope');
      refuse(response, { code: 'FORBIDDEN', message: 'Reading metrics needs the scope server:read' });
      return;
    }
    try {
      const { contentType, text } = await expose();
      respondText(response, contentType, text);
    } catch (error) {
      logger.error({ err: error }, 'writing the metrics failed');
      refuse(response, { code: 'INTERNAL', message: 'The metrics could not be written; the log tells more' });
    }
  };
}
