import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble } from '../finding.ts';

const REMEDIES = {
  unreachable: 'Start it with "sessiond", or say with --socket or --url where it is.',
  timeout: 'Look whether it is busy or stopped (sessionctl top, ps), and end it with SIGKILL if it stays so.',
  busy: 'Look with sessionctl top, as somebody it lets in, who holds its connections; else raise maxConnections, or wait until it has ended.',
  unauthenticated: 'Give the token of its state folder with SESSIOND_TOKEN or --token.',
  refused: 'Ask as the user that runs it.',
  protocol: 'Bring daemon and sessionctl to versions with the same major version of the protocol.',
} as const;

/** Whether a daemon lets this client in. */
export function reachable({ approaches, daemon }: Examined): Remark {
  const open = approaches.find(({ outcome }) => outcome.kind === 'open');
  if (open !== undefined && daemon !== undefined) return ok(`The daemon answers at ${open.address}.`);
  // The most telling one: a second socket that is not there says nothing about the first.
  const refusals = approaches.flatMap(({ outcome }) => (outcome.kind === 'refused' ? [outcome] : []));
  const refusal = refusals.find(({ failure }) => failure !== 'unreachable') ?? refusals[0];
  if (refusal === undefined) return skipped('No address was tried.');
  if (refusal.failure === 'unreachable' && approaches.some(({ transport }) => transport === 'socket')) {
    return skipped('Nobody listens at the socket, which the check of the socket tells.');
  }
  return trouble(`${refusal.message}.`, REMEDIES[refusal.failure]);
}
