import type { OpenAgent } from '../backend.ts';
import type { ResolvedAcpOptions } from './acp-backend-options.ts';
import type { AcpSdk } from './load-sdk.ts';

/** What all agents of a backend have in common. */
export interface AcpAgentSettings extends ResolvedAcpOptions {
  readonly sdk: AcpSdk;
  /** The time of day, RFC 3339. */
  readonly timestamp: () => string;
}

/** Which agent. */
export interface AcpAgentRequest extends OpenAgent {
  readonly command: string;
}
