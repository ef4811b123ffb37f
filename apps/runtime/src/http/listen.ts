import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Config } from '../config/config.ts';
import { identifyListener } from '../identify-listener.ts';
import { StartupError } from '../startup-error.ts';
import { urlHost } from './host-name.ts';

/** Listens; rejects with the system's error instead of raising an event. */
export function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Listens on TCP and returns the address as an URL, with the port that was really taken.
 * Throws a `StartupError` that names the process in the way when that is another daemon.
 */
export async function listenTcp(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  try {
    await listen(server, { host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const listener = code === 'EADDRINUSE' ? await identifyListener({ host, port }) : null;
    const who = listener?.kind === 'daemon' ? `sessiond with pid ${listener.pid} is there` : code;
    throw new StartupError(
      'ADDRESS_UNAVAILABLE',
      `Cannot listen on ${urlHost(host)}:${port}: ${who}; choose another with --port (0 takes any free one), or say --no-tcp`,
      { cause },
    );
  }
  return `${server instanceof TlsServer ? 'https' : 'http'}://${urlHost(host)}:${(server.address() as AddressInfo).port}`;
}
