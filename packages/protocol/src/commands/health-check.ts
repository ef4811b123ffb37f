import * as z from 'zod';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { list, object, offset, oneOf } from '../fields.ts';

/** Asks how the server is; never rate limited. */
export interface HealthCheckCommand extends CommandEnvelope {
  readonly type: 'health_check';
}

/** One part of the server. */
export interface HealthCheck {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'failed';
  /** One sentence for people. */
  readonly message?: string;
}

/** How the server is as a whole and in its parts. */
export interface HealthCheckData {
  /** `draining`: it answers, but takes no new commands. */
  readonly status: 'ok' | 'degraded' | 'draining';
  readonly serverVersion: string;
  readonly protocolVersion: string;
  readonly uptimeMs: number;
  readonly sessions: { readonly pty: number; readonly agent: number };
  readonly connections: number;
  readonly checks: readonly HealthCheck[];
}

/** Contract of `health_check`. */
export const healthCheck: CommandContract<HealthCheckCommand, HealthCheckData> = contract({
  type: 'health_check',
  summary:
    'Answers with the state of the server and of its parts; never limited, so that it works when nothing else does.',
  appliesTo: 'server',
  scope: null,
  limited: false,
  example: { type: 'health_check', id: 'c-5' },
  exampleData: {
    status: 'ok',
    serverVersion: '0.1.0',
    protocolVersion: '1.0.0',
    uptimeMs: 86_400_000,
    sessions: { pty: 1, agent: 0 },
    connections: 2,
    checks: [{ name: 'event-loop', status: 'ok' }],
  },
  schema: () => serverCommand<HealthCheckCommand>('health_check'),
  dataSchema: () =>
    object<HealthCheckData>({
      status: oneOf(['ok', 'degraded', 'draining']),
      serverVersion: z.string(),
      protocolVersion: z.string(),
      uptimeMs: z.number(),
      sessions: object<HealthCheckData['sessions']>({ pty: offset, agent: offset }),
      connections: offset,
      checks: list(
        object<HealthCheck>({ name: z.string(), status: oneOf(['ok', 'degraded', 'failed']) }, { message: z.string() }),
        1000,
      ),
    }),
});
