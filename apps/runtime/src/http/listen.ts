import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Config } from '../config/config.ts';
import { identifyListener } from '../identify-listener.ts';
import { StartupError } from '../startup-error.ts';
import { isLoopback, urlHost } from './host-name.ts';

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
 * Throws a `StartupError` that names the process in the way when that is another daemon, or that says that a name of this machine does not mean it
 * here. No connection was taken then.
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
  const { address } = server.address() as AddressInfo;
  if (isLoopback(host) && !isLoopback(address)) {
    server.close();
    throw new StartupError(
      'CONFIG_UNSAFE',
      `Cannot start sessiond: ${host} should mean this machine only, but its address is ${address}; use --host 127.0.0.1`,
    );
  }
  return `${server instanceof TlsServer ? 'https' : 'http'}://${urlHost(host)}:${(server.address() as AddressInfo).port}`;
}
