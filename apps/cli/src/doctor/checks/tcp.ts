import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';

/** Whether the daemon of the socket can be reached over TCP as well, if it says that it listens there. */
export function tcp({ approaches, daemon }: Examined): Remark {
  const approach = approaches.find(({ transport }) => transport === 'tcp');
  if (approach === undefined) return skipped('Nothing was tried over TCP.');
  const { address, listener, outcome } = approach;
  if (outcome.kind === 'open') return ok(`The daemon answers at ${address}.`);
  if (outcome.kind === 'refused') {
    const isToken = outcome.failure === 'unauthenticated';
    return trouble(
      `${outcome.message}.`,
      isToken
        ? 'The token here is not the one of that daemon; give its own with SESSIOND_TOKEN or --token.'
        : 'See in the log of the daemon why.',
    );
  }
  if (listener.kind === 'daemon') {
    return warning(
      `${address} is served by another daemon, process ${listener.pid}.`,
      'Give one of them another --port, or use --no-tcp.',
    );
  }
  if (daemon !== undefined && !daemon.transports.includes('websocket')) return ok('The daemon does not listen on TCP.');
  return skipped(`Nobody listens at ${address}; a daemon with another host or port is checked with --url.`);
}
