import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthProvider } from '../auth/auth-provider.ts';
import { type AuthenticationFailure, authenticate } from '../auth/authenticate.ts';
import { isAllowed } from '../auth/is-allowed.ts';
import type { Logger } from '../logger.ts';
import { refuse, respondText } from './refusal.ts';

/** What a page of numbers needs. */
export interface MetricsPageOptions {
  /** Who may see it is who may connect. */
  readonly auth: AuthProvider;
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Somebody was not let in. */
  readonly onRefused: (reason: AuthenticationFailure | 'scope') => void;
  readonly logger: Logger;
}

/** Answers a request; never rejects. */
export type Page = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers `GET /metrics` for those who may read health and metrics of the server. */
export function createMetricsPage({ auth, expose, onRefused, logger }: MetricsPageOptions): Page {
  return async (request, response) => {
    const result = await authenticate(auth, request, logger);
    if (!result.ok) {
      onRefused(result.reason);
      const headers = { 'www-authenticate': 'Bearer' };
      refuse(response, { code: 'UNAUTHENTICATED', message: result.message, headers });
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
