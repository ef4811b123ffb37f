import type { ClientApp, RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk';
import type { AcpSdk } from './load-sdk.ts';
import type { TerminalDesk } from './terminal-desk.ts';

/** Who serves what an agent asks for. */
export interface ClientRequests {
  /** Asks a person for leave; the signal aborts when the agent takes the question back or is gone. */
  readonly permission: (request: RequestPermissionRequest, signal: AbortSignal) => Promise<RequestPermissionResponse>;
  /** Without it the agent is told that there are no terminals. */
  readonly terminals: TerminalDesk | undefined;
}

/**
 * Our side of the protocol: leave, and terminals where there are some. The files of the agent are its own affair, so `fs/*` is not offered.
 *
 * What an agent asks for is checked by the SDK; anything else is answered as a method that does not exist.
 */
export function createClient(sdk: AcpSdk, { permission, terminals }: ClientRequests): ClientApp {
  const app = sdk
    .client({ name: 'sessiond' })
    .onRequest('session/request_permission', ({ params, signal }) => permission(params, signal));
  if (terminals === undefined) return app;
  return app
    .onRequest('terminal/create', ({ params }) => terminals.create(params))
    .onRequest('terminal/output', ({ params }) => terminals.output(params.terminalId))
    .onRequest('terminal/wait_for_exit', ({ params, signal }) => terminals.waitForExit(params.terminalId, signal))
    .onRequest('terminal/kill', ({ params }) => terminals.kill(params.terminalId))
    .onRequest('terminal/release', ({ params }) => terminals.release(params.terminalId));
}
